// What is not published about Matrix's deployment as a whole, and what a scenario may therefore vary.
import { milliseconds, type Duration } from '../../protocol/time.ts';
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import { readCache, readQueue } from './queue-parameters.ts';
import type { Deployment } from './system.ts';

/** Where the servers of the public federation are, who is on them, and whom they ask for keys. */
export interface PublicParameters {
  /** Homeservers in all, matrix.org among them. */
  readonly servers: number;
  /** Share of people whose account is on matrix.org. */
  readonly matrixOrgShare: number;
  /** Sizes of the other servers fall as 1 / rank^exponent. */
  readonly sizeExponent: number;
  /** Share of the servers in AWS us-east-1 that stand behind the region's network load balancer. */
  readonly loadBalancedShare: number;
  /** Share of the servers, matrix.org apart, that ask matrix.org for others' signing keys before they ask those. */
  readonly notaryShare: number;
  /** Share of the servers, matrix.org apart, that are found by a file on a web server at some other place. */
  readonly wellKnownShare: number;
  /** Share of people whose account is on Beeper's homeserver, and who use its client. */
  readonly beeperShare: number;
}

/** Numbers of one deployment of Matrix. */
export interface MatrixParameters {
  /** Share of the servers, matrix.org apart, that run Dendrite; the others run Synapse. */
  readonly dendriteShare: number;
  /** What Synapse servers do about what is missing, where it is not as they come: see `FederationProfile`. */
  readonly asksOtherServers: boolean;
  readonly takesIncompleteStates: boolean;
  /** Share of rooms of version 12; the others are of version 11. */
  readonly roomVersion12Share: number;
  /** Share of public rooms that are encrypted; private ones always are. */
  readonly encryptedPublicShare: number;
  /** Share of pairs of devices that have never exchanged a key. */
  readonly strangerDeviceShare: number;
  /** Shares of people who use these clients; everybody else uses Element X. */
  readonly elementWebShare: number;
  readonly fluffyChatShare: number;
  readonly filamentShare: number;
  /** Share of people whose keys of rooms are backed up at their server. */
  readonly keyBackupShare: number;
  /** Whether clients say that their users are there (1) or not (0). */
  readonly tellsPresence: boolean;
  /** Whether clients send read receipts (1) or not (0). */
  readonly sendsReceipts: boolean;
  readonly sendCost: Duration;
  readonly receiveCost: Duration;
  readonly syncCost: Duration;
  readonly requestCost: Duration;
  readonly pushGatewayCost: Duration;
  readonly queue: QueueSpec;
  readonly cache: CacheSpec;
}

type Read = (
  name: string,
  value: number,
  unit: string,
  meaning: string,
  basis: { source: string } | { range: readonly [number, number] },
) => number;

function reader(deployment: Deployment): Read {
  return (name, value, unit, meaning, basis) =>
    deployment.parameter({ name, value, unit, meaning, ...basis });
}

/** Reads what only the public federation has, which lists it in the report. */
export function readPublicParameters(deployment: Deployment): PublicParameters {
  const read = reader(deployment);
  return {
    servers: read('servers', 100, 'servers', 'homeservers, matrix.org among them', { range: [5, 500] }),
    matrixOrgShare: read('matrixOrgShare', 0.3, 'of people', 'accounts on matrix.org', { range: [0.2, 0.4] }),
    sizeExponent: read('sizeExponent', 1, '', 'other servers have 1 / rank^this as many people', {
      range: [0.5, 2],
    }),
    loadBalancedShare: read(
      'loadBalancedShare',
      0.5,
      'of servers',
      'servers in AWS us-east-1 behind its network load balancer',
      { range: [0, 1] },
    ),
    notaryShare: read(
      'notaryShare',
      1,
      'of servers',
      "servers that ask matrix.org for others' signing keys before they ask those themselves",
      { source: 'github.com/element-hq/synapse, synapse/config/key.py: the default of trusted_key_servers' },
    ),
    wellKnownShare: read(
      'wellKnownShare',
      0,
      'of servers',
      'servers that a file on a web server elsewhere leads to, of which no figures are published',
      { range: [0, 1] },
    ),
    beeperShare: read(
      'beeperShare',
      0,
      'of people',
      'people on beeper.com with its own client (its outbox is taken for a generic one)',
      { range: [0, 0.2] },
    ),
  };
}

/** Reads the parameters, which lists them in the report. */
export function readMatrixParameters(deployment: Deployment): MatrixParameters {
  const read = reader(deployment);
  // Synapse handles tens of events per second and process; the sample of people stands for a much larger public.
  const cost = (name: string, valueMs: number, meaning: string, range: readonly [number, number]): Duration =>
    milliseconds(read(name, valueMs, 'ms', meaning, { range }));
  return {
    // matrix.org runs Synapse; shares of implementations are not published.
    dendriteShare: read('dendriteShare', 0, 'of servers', 'servers that run Dendrite, the others Synapse', {
      range: [0, 1],
    }),
    asksOtherServers:
      read(
        'asksOtherServers',
        0,
        '',
        'a Synapse asks all servers of a room for what is missing, as a Dendrite does (1), or only the one that sent (0)',
        { source: 'Synapse, handlers/federation_event.py; 1 is what issue #18881 proposes' },
      ) > 0,
    takesIncompleteStates:
      read(
        'takesIncompleteStates',
        1,
        '',
        'a Synapse takes a told state although some of its events cannot be had (1), or waits for them (0)',
        { source: 'Synapse, handlers/federation_event.py; 0 is pull request #18877' },
      ) > 0,
    roomVersion12Share: read('roomVersion12Share', 0.5, 'of rooms', 'rooms of version 12, the others of 11', {
      range: [0, 1],
    }),
    encryptedPublicShare: read(
      'encryptedPublicShare',
      0,
      'of public rooms',
      'public rooms that are encrypted; applications offer it for private ones',
      { range: [0, 1] },
    ),
    // Whoever has once said something in a room has sessions with all devices in it; how many have not is not published.
    strangerDeviceShare: read(
      'strangerDeviceShare',
      0,
      'of pairs of devices',
      'devices that have no Olm session with each other when the run begins, and need a one-time key first',
      { range: [0, 1] },
    ),
    elementWebShare: read(
      'elementWebShare',
      0.1,
      'of people',
      "clients that send as Element Web does; the phones' own are Element X",
      { range: [0, 0.5] },
    ),
    fluffyChatShare: read('fluffyChatShare', 0.1, 'of people', 'people with FluffyChat', { range: [0, 0.3] }),
    // Nothing about Filament's ways is public: who has it has a generic client.
    filamentShare: read('filamentShare', 0, 'of people', 'people with Filament, taken for a generic client', {
      range: [0, 0.3],
    }),
    keyBackupShare: read(
      'keyBackupShare',
      0.5,
      'of people',
      'people whose room keys are backed up at their server, where somebody logs in anew; applications offer it',
      { range: [0, 1] },
    ),
    tellsPresence:
      read('presence', 0, '', 'clients say when their users are there (1) or do not (0)', {
        source: 'element-hq/synapse, docs/usage/configuration (presence); matrix.org has it off',
      }) > 0,
    sendsReceipts:
      read('readReceipts', 1, '', 'clients send read receipts (1) or none (0)', { range: [0, 1] }) > 0,
    sendCost: cost('sendCostMs', 20, "processor time of a client's event", [5, 100]),
    receiveCost: cost('receiveCostMs', 10, 'processor time of an event of another server', [2, 50]),
    syncCost: cost('syncCostMs', 5, 'processor time of a sync that is answered at once', [1, 50]),
    requestCost: cost('requestCostMs', 2, 'processor time of any other request', [0.5, 20]),
    pushGatewayCost: cost(
      'pushGatewayCostMs',
      1,
      'processor time of one notification at the push gateway',
      [0.2, 10],
    ),
    queue: readQueue(deployment, 'server', 'a homeserver'),
    cache: readCache(deployment, 'server', 'a homeserver', 3),
  };
}
