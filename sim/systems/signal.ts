// Signal: one operator with a service in a cloud, phones all over the world; and the same service hosted elsewhere.
import { composeCodecs } from '../../protocol/codec.ts';
import { pushCodec } from '../../protocol/push.ts';
import { signalCodec } from '../../protocol/signal/codec.ts';
import { service } from '../../protocol/signal/constants.ts';
import { taskKinds } from '../../protocol/task.ts';
import { inMilliseconds } from '../../protocol/time.ts';
import { lastConnectionHours, warmAccounts } from './signal-accounts.ts';
import { addComputers, addPhones } from './signal-devices.ts';
import { addFleet } from './signal-fleet.ts';
import { european, oneRegion, twoClouds, twoRegions, type Hosting } from './signal-hosting.ts';
import { readParameters } from './signal-parameters.ts';
import { addNames, addOtherServices, addStores, ttlSeconds } from './signal-stores.ts';
import { addPushServices } from './push-services.ts';
import type { Deployment, System } from './system.ts';

function signalOn(
  hosting: Hosting,
  system: Pick<System, 'id' | 'title' | 'description' | 'fidelity'>,
): System {
  return {
    ...system,
    codec: composeCodecs({ signal: signalCodec, push: pushCodec }),
    usesRadio: false,
    tasks: taskKinds,
    deploy(deployment) {
      const parameters = readParameters(deployment);
      const { sites } = hosting;
      addNames(deployment, hosting);
      addPushServices(deployment);
      addStores(deployment, parameters, warmAccounts(deployment, parameters.uncachedShare), sites);
      for (const site of sites) {
        const other = sites.find((each) => each !== site);
        addFleet(deployment, parameters, site, other);
      }
      addOtherServices(deployment, hosting);
      addPhones(deployment, parameters, sites);
      addComputers(deployment, sites);
      listAssumptions(deployment, system.id, hosting);
    },
  };
}

/** Signal on AWS us-east-1. */
export const signal = signalOn(oneRegion, {
  id: 'signal',
  title: 'Signal',
  fidelity: 'B',
  description:
    'One operator and one region: phones with persisted send queues talk to a fleet of chat instances behind a network ' +
    'load balancer; message queues in Redis, accounts, keys and older messages in DynamoDB, wake-up by Apple and Google; ' +
    'groups, attachments, contact discovery and PINs are services of their own on other clouds. ' +
    "Message path, delivery state machine, time-outs and back-offs follow Signal's published source. Its production " +
    'topology is not published: region, load balancer, fleet size and machine costs are assumptions. Left out: ' +
    'cryptography, receipts, calls, copies of what people send for their own other devices.',
});

const sameCores =
  'The cores, clients and constants of Signal, hosted as Signal is not; every number of the hosting is assumed. ';

/** The same service on machines of a European provider. */
export const signalEurope = signalOn(european, {
  id: 'signal-eu',
  title: 'Signal, hosted in Europe',
  fidelity: 'C',
  description:
    sameCores +
    'One data centre in Germany with a database cluster and load balancers of the operator’s own; groups, attachments, ' +
    'contact discovery and PINs at a second European provider. Still one place: what it stands on takes everybody along.',
});

/** The same service in two regions of one cloud. */
export const signalTwoRegions = signalOn(twoRegions, {
  id: 'signal-two-regions',
  title: 'Signal in two regions',
  fidelity: 'C',
  description:
    sameCores +
    'Two regions of one cloud, both at work, each sized for everybody: a message is acknowledged when both have it, tables ' +
    'are repeated without waiting, chat instances ask the other region’s stores when their own fail, and phones turn to ' +
    'the other region after a failure. It costs twice the machines and a round trip between the regions for each message.',
});

/** The same service on two clouds. */
export const signalTwoClouds = signalOn(twoClouds, {
  id: 'signal-two-clouds',
  title: 'Signal on two clouds',
  fidelity: 'C',
  description:
    sameCores +
    'As in two regions, but the second place is another provider’s, with a database cluster of the operator’s own.',
});

function listAssumptions(deployment: Deployment, id: string, { sites }: Hosting): void {
  const assume = (name: string, value: string | number, unit: string, meaning: string): void =>
    deployment.assume({ path: `systems.${id}.${name}`, value, unit, meaning });
  const list = (pick: (site: Hosting['sites'][number]) => string): string => sites.map(pick).join(', ');
  assume(
    'region',
    list(({ provider, region }) => (provider === 'aws' ? region : `${provider}/${region}`)),
    '',
    'where everything of the chat service stands; the production region is not published',
  );
  assume(
    'loadBalancer',
    list(({ loadBalancer }) => loadBalancer),
    '',
    'in front of the chat instances; production uses AWS Global Accelerator',
  );
  if (sites.length > 1)
    assume(
      'sizedFor',
      `${sites.length} × everybody`,
      '',
      'machines of all sites together, so that one can be lost',
    );
  deployment.assume({
    path: `systems.${id}.tableNameTtlSeconds`,
    value: ttlSeconds.regional,
    unit: 's',
    meaning: "time to live of DynamoDB's address records",
    source: 'public DNS, dynamodb.us-east-1.amazonaws.com',
  });
  deployment.assume({
    path: `systems.${id}.otherNamesTtlSeconds`,
    value: ttlSeconds.other,
    unit: 's',
    meaning: 'time to live of all other address records; load balancers have 60 s',
    range: [5, 300],
  });
  deployment.assume({
    path: `systems.${id}.tableAttempts`,
    value: service.tableAttempts,
    unit: '',
    meaning:
      'attempts of each call of DynamoDB; the source leaves it to the AWS SDK, which also stops when many fail',
    range: [1, 9],
  });
  deployment.assume({
    path: `systems.${id}.tableAttemptPauseMs`,
    value: inMilliseconds(service.tableAttemptPause),
    unit: 'ms',
    meaning: 'wait before a further one of them',
    range: [25, 500],
  });
  assume(
    'lastConnectionHours',
    lastConnectionHours,
    'h',
    'everybody was last connected at most so long before the run',
  );
}
