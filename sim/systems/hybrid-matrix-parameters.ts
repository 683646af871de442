// What is not published about homeservers in the cloud with phones as their fallback, since nobody has run them.
import { milliseconds, seconds, type Duration } from '../../protocol/time.ts';
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import {
  readP2pPhoneParameters,
  readUsesDirectory,
  type P2pPhoneParameters,
} from './p2p-matrix-parameters.ts';
import { readCache, readQueue } from './queue-parameters.ts';
import type { Deployment } from './system.ts';

/** Numbers of one deployment. */
export interface HybridParameters {
  readonly phones: P2pPhoneParameters;
  /** Homeservers in the cloud. */
  readonly servers: number;
  /** Share of people whose account is on the first of them. */
  readonly matrixOrgShare: number;
  /** Shares of people with a homeserver on their phone, and with an account in the cloud. */
  readonly p2pShare: number;
  readonly cloudShare: number;
  /** Servers in the cloud that a phone dials. */
  readonly staticPeers: number;
  /** How long the application waits for the server in the cloud before it sends from the phone's own account. */
  readonly patience: Duration;
  readonly sendsReceipts: boolean;
  /** People find groups in the directories of the nodes to which their server has a link. */
  readonly usesDirectory: boolean;
  /** Share of people whose keys of rooms are backed up at their server in the cloud. */
  readonly keyBackupShare: number;
  readonly sendCost: Duration;
  readonly receiveCost: Duration;
  readonly syncCost: Duration;
  readonly requestCost: Duration;
  readonly pushGatewayCost: Duration;
  readonly queue: QueueSpec;
  readonly cache: CacheSpec;
}

/** Reads the parameters, which lists them in the report. */
export function readHybridParameters(deployment: Deployment): HybridParameters {
  const read = (
    name: string,
    value: number,
    unit: string,
    meaning: string,
    basis: { source: string } | { range: readonly [number, number] },
  ): number => deployment.parameter({ name, value, unit, meaning, ...basis });
  const cost = (name: string, valueMs: number, meaning: string, range: readonly [number, number]): Duration =>
    milliseconds(read(name, valueMs, 'ms', meaning, { range }));
  return {
    servers: read('servers', 5, 'servers', 'homeservers in the cloud, matrix.org among them', {
      range: [1, 30],
    }),
    matrixOrgShare: read('matrixOrgShare', 0.3, 'of people', 'accounts on matrix.org', { range: [0.2, 0.4] }),
    p2pShare: read('p2pShare', 1, 'of people', 'people with a homeserver on their phone', { range: [0, 1] }),
    cloudShare: read(
      'cloudShare',
      1,
      'of people',
      'people with an account in the cloud; whoever has no homeserver on the phone has one',
      { range: [0, 1] },
    ),
    staticPeers: read(
      'staticPeers',
      2,
      'servers',
      "servers in the cloud that a phone dials: its account's, then others",
      { range: [0, 5] },
    ),
    patience: seconds(
      read(
        'patienceSeconds',
        30,
        's',
        'the application waits so long for its server in the cloud before it sends from the account on the phone',
        { source: 'one attempt of Element X: matrix-rust-sdk http_client/mod.rs, DEFAULT_REQUEST_TIMEOUT' },
      ),
    ),
    sendsReceipts:
      read('readReceipts', 0, '', 'the accounts in the cloud send read receipts (1) or none (0)', {
        range: [0, 1],
      }) > 0,
    usesDirectory: readUsesDirectory(deployment),
    keyBackupShare: read(
      'keyBackupShare',
      0.5,
      'of people',
      'people whose room keys are backed up at their server in the cloud, where somebody logs in anew; applications offer it',
      { range: [0, 1] },
    ),
    sendCost: cost('serverSendCostMs', 20, "processor time of a server for a client's event", [5, 100]),
    receiveCost: cost(
      'serverReceiveCostMs',
      10,
      'processor time of a server for an event of another',
      [2, 50],
    ),
    syncCost: cost('serverSyncCostMs', 5, 'processor time of a server for a sync', [1, 50]),
    requestCost: cost('serverRequestCostMs', 2, 'processor time of a server for other requests', [0.5, 20]),
    pushGatewayCost: cost(
      'pushGatewayCostMs',
      1,
      'processor time of one notification at the push gateway',
      [0.2, 10],
    ),
    queue: readQueue(deployment, 'server', 'a homeserver'),
    cache: readCache(deployment, 'server', 'a homeserver', 3),
    phones: readP2pPhoneParameters(deployment),
  };
}
