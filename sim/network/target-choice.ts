// Which of an endpoint's targets serves a connection.
import { present } from '../../protocol/assert.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { Connection } from './connection.ts';
import type { NetworkContext } from './context.ts';

/** Chooses targets that are up, by draws addressed by (name, client, time). */
export class TargetChoice {
  readonly #context: NetworkContext;

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  /** Gives the connection its server, once. When no target is up, one that is down: its machine refuses, or is silent. */
  choose(connection: Connection, at: Instant, wanted?: NodeIndex): void {
    if (connection.server !== undefined) return;
    const { host, stations, table } = this.#context;
    const { targets, name } = connection.endpoint.spec;
    const up = targets.length === 1 ? targets : targets.filter(({ node }) => host.isUp(node));
    const candidates = up.length === 0 ? targets : up;
    const uniform =
      candidates.length === 1 ? 0 : host.draw('target', name, connection.client.station.name, at);
    const target =
      wanted === undefined
        ? present(candidates[Math.floor(uniform * candidates.length)], `target of ${name}`)
        : present(
            targets.find(({ node }) => node === wanted),
            `wanted target of ${name}`,
          );
    const station = stations.of(target.node);
    connection.server = { station, port: target, open: true, gone: false, heardAt: at, told: false };
    table.addServer(connection);
  }
}
