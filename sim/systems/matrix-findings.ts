// What is wrong with the rooms at the end of a run: where servers disagree, and why.
import { present } from '../../protocol/assert.ts';
import { findDivergences, type DivergenceInput } from '../../protocol/matrix/divergence.ts';
import { homeserverView } from '../../protocol/matrix/homeserver.ts';
import type { HomeserverView } from '../../protocol/matrix/homeserver-context.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import { findStateResets, resetInWords } from '../../protocol/matrix/room-resets.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Finding, NodeAtEnd } from './system.ts';

/** One finding per room, aspect, server and cause, however many events are behind it; and one per state reset. */
export function matrixFindings(
  nodes: readonly NodeAtEnd[],
  isKeptFor?: DivergenceInput['isKeptFor'],
): readonly Finding[] {
  const servers: HomeserverView[] = [];
  const clocks = new Map<ServerName, Clock>();
  const names = new Map<ServerName, string>();
  const forgotAt = new Map<ServerName, number>();
  for (const { name, clock, cores, forgotAtMs } of nodes) {
    for (const core of cores) {
      const server = homeserverView(core);
      if (server === undefined) continue;
      servers.push(server);
      clocks.set(server.serverName, clock);
      names.set(server.serverName, name);
      if (forgotAtMs !== undefined) forgotAt.set(server.serverName, forgotAtMs);
    }
  }
  const clockOf = (server: ServerName): Clock => present(clocks.get(server), `clock of ${server}`);
  const findings = new Map<string, Finding>();
  for (const { roomId, aspect, server, cause } of findDivergences({
    servers,
    clockOf,
    forgotAt: (server) => forgotAt.get(server),
    ...(isKeptFor === undefined ? {} : { isKeptFor }),
  })) {
    const node = present(names.get(server), `node of ${server}`);
    findings.set(`${roomId} ${aspect} ${server} ${cause}`, { object: roomId, aspect, node, cause });
  }
  for (const reset of findStateResets(servers)) {
    const { roomId, key, server, isBehindGap } = reset;
    const node = present(names.get(server), `node of ${server}`);
    const room = present(servers.find(({ serverName }) => serverName === server)?.room(roomId), roomId);
    const [type] = splitStateMapKey(key);
    const cause = `${type} in room version ${room.rules.id}${isBehindGap ? ', behind a gap' : ''}`;
    const detail = resetInWords(reset, (id) => room.find(id)?.event.sender);
    findings.set(`${roomId} state-reset ${key}`, {
      object: roomId,
      aspect: 'state-reset',
      node,
      cause,
      detail,
    });
  }
  return [...findings.values()];
}
