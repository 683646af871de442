// How hard servers worked.
import { inSeconds } from '../../protocol/time.ts';
import type { NodeLoad } from '../../sim/simulation.ts';
import type { ServerLoadFigures } from '../record-system.ts';
import { shareOf } from './delivery.ts';
import type { Metric, Simulated } from './metric.ts';

/** The span over which the busiest moment is looked for. */
const minute = 60_000_000;

/** The architecture that a server belongs to: what comes before the slash of its name. */
const serviceOf = (node: string): string => node.slice(0, node.indexOf('/'));

/** Notification services belong to no architecture: all use the same ones. */
const sharedService = 'push';

/** Of each architecture in a system of several; undefined in a system of one. */
function servicesOf(servers: readonly NodeLoad[]): ServerLoadFigures['services'] {
  const services = new Map<string, NodeLoad[]>();
  for (const server of servers) {
    if (serviceOf(server.node) === sharedService) continue;
    const known = services.get(serviceOf(server.node));
    if (known === undefined) services.set(serviceOf(server.node), [server]);
    else known.push(server);
  }
  if (services.size < 2) return undefined;
  return [...services].map(([service, those]) => ({
    service,
    busySeconds: inSeconds(those.reduce((sum, { busy }) => sum + busy, 0)),
    inputs: those.reduce((sum, { inputs }) => sum + inputs, 0),
    busiestMinute: Math.max(
      ...those.map(({ busiestMinute, processors }) => busiestMinute / (processors * minute)),
    ),
  }));
}

function figures({ fates, result }: Simulated): ServerLoadFigures {
  const servers = result.load ?? [];
  let delivered = 0;
  for (const at of fates.deliveredAt) if (!Number.isNaN(at)) delivered++;
  const inputs = servers.reduce((sum, server) => sum + server.inputs, 0);
  const peaks = servers.map(({ busiestMinute, processors, node }) => ({
    node,
    share: busiestMinute / (processors * minute),
  }));
  const busiest = peaks.reduce<(typeof peaks)[number] | undefined>(
    (most, each) => (most === undefined || each.share > most.share ? each : most),
    undefined,
  );
  const services = servicesOf(servers);
  return {
    servers: servers.length,
    busySeconds: inSeconds(servers.reduce((sum, { busy }) => sum + busy, 0)),
    inputsPerDelivery: shareOf(inputs, delivered),
    busiest: busiest?.node ?? null,
    busiestMinute: busiest?.share ?? null,
    ...(services === undefined ? {} : { services }),
  };
}

/** Work of all nodes that are nobody's device. */
export const serverLoad: Metric<{ run: ServerLoadFigures; twin: ServerLoadFigures }> = {
  id: 'server-load',
  title: 'Server load',
  unit: 's of processor time; inputs per delivery; share of a minute',
  definition:
    'Work that servers were charged, strangers’ requests included; inputs (requests, answers, messages, timers) that their ' +
    'software took, per delivery that came; and the busiest minute of any server: work begun in it over the time that its ' +
    'processors have in a minute. In a system of several architectures also of each, beside the twin: the load that people ' +
    'who switch take with them.',
  caveats: [
    'Work is charged by the model’s costs, which are assumptions; servers whose work costs nothing in the model have none.',
    'Work counts in the minute in which it begins, so that a minute with long work can exceed 1.',
    'From the epoch to the horizon, warm-up included.',
  ],
  compute: ({ run, twin }) => ({ run: figures(run), twin: figures(twin) }),
};
