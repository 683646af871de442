// Which of an endpoint's targets serves a connection.
import { present } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { EndpointSpec } from '../systems/system.ts';
import { healthCheckDetection } from './assumptions.ts';
import type { Connection, End } from './connection.ts';
import type { NetworkContext } from './context.ts';

/** Chooses targets that are up, by draws addressed by (name, client, time). */
export class TargetChoice {
  readonly #context: NetworkContext;

  constructor(context: NetworkContext) {
    this.#context = context;
  }

  /** Gives the connection its server, once. When no target is up, one that is down: its machine refuses, or is silent. */
  choose(connection: Connection, at: Instant, wanted?: NodeIndex): End {
    if (connection.server !== undefined) return connection.server;
    const { stations, table } = this.#context;
    const { targets, name } = connection.endpoint.spec;
    const candidates = targets.length === 1 ? targets : this.#candidates(connection, at);
    const uniform =
      candidates.length === 1 ? 0 : this.#context.draw('target', name, connection.client.station.hashed, at);
    const target = present(
      wanted === undefined
        ? candidates[Math.floor(uniform * candidates.length)]
        : targets.find(({ node }) => node === wanted),
      'target of a name',
    );
    const station = stations.of(target.node);
    const server = { station, port: target, open: true, gone: false, heardAt: at, told: false };
    connection.server = server;
    table.addServer(connection);
    return server;
  }

  /** Targets that operators have not drained; all when they have drained all, and each of them refuses. */
  #inRotation(targets: EndpointSpec['targets']): EndpointSpec['targets'] {
    const { field, stations } = this.#context;
    if (!field.canDrain) return targets;
    const left = targets.filter(({ node }) => field.drainedBy(stations.of(node).place) === undefined);
    return left.length === 0 ? targets : left;
  }

  /** Targets that look healthy: a load balancer needs some failed checks to see that one is down; clients try another. */
  #candidates(connection: Connection, at: Instant): EndpointSpec['targets'] {
    const { host, stations } = this.#context;
    const { loadBalancer } = connection.endpoint;
    const patience = loadBalancer === undefined ? 0 : healthCheckDetection;
    const targets = this.#inRotation(connection.endpoint.spec.targets);
    // Nobody looks: what is down is as good as what is up.
    if (loadBalancer !== undefined && this.#context.field.healthChecksOff(loadBalancer) !== undefined)
      return targets;
    const looksHealthy = (node: NodeIndex): boolean => {
      if (host.isUp(node)) return true;
      const { downSince } = stations.of(node);
      return downSince !== never && at < downSince + patience;
    };
    const healthy = targets.filter(({ node }) => looksHealthy(node));
    return healthy.length === 0 ? targets : healthy;
  }
}
