// Which servers a room lets take part: `m.room.server_acl`.
// https://spec.matrix.org/v1.16/client-server-api/#server-access-control-lists-acls-for-rooms
import type { JsonValue } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import type { ServerName } from './ids.ts';

/** Says whether a server may take part. */
export type ServerAcl = (server: ServerName) => boolean;

const acls = new WeakMap<MatrixEvent, ServerAcl>();

/** The access control list of an event, read once. */
export function serverAclOf(event: MatrixEvent): ServerAcl {
  let acl = acls.get(event);
  if (acl === undefined) acls.set(event, (acl = readServerAcl(event)));
  return acl;
}

function readServerAcl({ content }: MatrixEvent): ServerAcl {
  const deny = globsOf(content['deny']);
  const allow = globsOf(content['allow']);
  const allowsAddresses = content['allow_ip_literals'] !== false;
  return (server) => {
    const host = withoutPort(server);
    if (!allowsAddresses && isAddress(host)) return false;
    if (deny.some((glob) => glob.test(host))) return false;
    return allow.some((glob) => glob.test(host));
  };
}

/** Names with `*` for any characters and `?` for one. Anything but a list of names lists nobody. */
function globsOf(value: JsonValue | undefined): readonly RegExp[] {
  if (!Array.isArray(value)) return [];
  const names = (value as readonly JsonValue[]).filter((name) => typeof name === 'string');
  return names.map((name) => {
    const escaped = name.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'i');
  });
}

function withoutPort(server: ServerName): string {
  return /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(server)?.[1] ?? server;
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}
