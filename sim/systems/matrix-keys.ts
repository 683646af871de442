// What homeservers know of each other's signing keys after long quiet use, and whom they ask when a key runs out.
import { present } from '../../protocol/assert.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { serverKeyOf } from '../../protocol/matrix/federation/key-ring.ts';
import { makeStatement, statementLife } from '../../protocol/matrix/federation/key-statement.ts';
import type { KeyKnowledge, ServerKey } from '../../protocol/matrix/homeserver-config.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import type { MatrixDirectory } from './matrix-rooms.ts';
import { matrixOrg } from './matrix-servers.ts';
import type { Deployment } from './system.ts';

/**
 * Everybody holds the same statement of a server, since notaries hand on the one they have until it runs out, and then
 * everybody asks again. Its remaining life at a random moment is uniform over the whole.
 */
export function makeKeyKnowledge(
  deployment: Deployment,
  directory: MatrixDirectory,
  notaryShare: number,
): (server: ServerName) => KeyKnowledge {
  const keys = new Map<ServerName, ServerKey>();
  const until = new Map<ServerName, number>();
  const { epochWallMs } = deployment.world;
  for (const [server, { keyId, signer }] of directory.keys) {
    keys.set(server, serverKeyOf(keyId, signer));
    const left = Math.floor(deployment.exogenous('matrix-key-left', server) * statementLife);
    until.set(server, epochWallMs + left);
  }
  deployment.assume({
    path: 'systems.matrix.signingKeyLife',
    value: 24,
    unit: 'h',
    meaning:
      "life of a server's statement of its keys; at the start every statement has a uniform part of it left",
    source: 'github.com/element-hq/synapse, synapse/config/key.py: key_refresh_interval',
  });
  const statements = new Map<ServerName, JsonObject>();
  const statementOf = (server: ServerName): JsonObject | undefined => {
    const key = directory.keys.get(server);
    const known = statements.get(server);
    if (key === undefined || known !== undefined) return known;
    const made = makeStatement(key, present(until.get(server), `key of ${server}`));
    statements.set(server, made);
    return made;
  };
  const validUntil = (server: ServerName): number => until.get(server) ?? 0;
  return (server) => {
    const asks = server !== matrixOrg && deployment.exogenous('matrix-notary', server) < notaryShare;
    return { keys, validUntil, statementOf, notaries: asks ? [matrixOrg] : [] };
  };
}
