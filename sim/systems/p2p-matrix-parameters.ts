// What is not published about P2P Matrix, and what a scenario may therefore vary.
import { milliseconds, type Duration } from '../../protocol/time.ts';
import { localNetworkDeclarations } from '../radio/local-network-parameters.ts';
import { radioDeclarationsWith, type RadioDefaults } from '../radio/radio-parameters.ts';
import type { Deployment } from './system.ts';

/** Numbers of phones with homeservers. */
export interface P2pPhoneParameters {
  readonly limitsHops: boolean;
  readonly realSignatures: boolean;
  readonly roomVersion12Share: number;
  readonly encryptedPublicShare: number;
  readonly radioBytesPerSecond: number;
  readonly sendCost: Duration;
  readonly receiveCost: Duration;
  readonly syncCost: Duration;
  readonly requestCost: Duration;
}

/** Numbers of one deployment. */
export interface P2pParameters extends P2pPhoneParameters {
  /** Public nodes on the Internet that every phone dials. */
  readonly staticPeers: number;
  /** How many of them are relays, which keep transactions for absent phones. */
  readonly relays: number;
  /** People find groups in the directories of phones nearby. */
  readonly usesDirectory: boolean;
}

/** The demo scans all the time while it is open; links of a phone as the platforms allow. Assumed. */
export const p2pRadioDefaults: RadioDefaults = {
  radioScansAlways: 1,
  radioTotalLinksIos: 7,
  radioBegunLinksIos: 7,
  radioTotalLinksAndroid: 7,
};

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

/** Whether people find groups in the directories of nodes nearby. */
export function readUsesDirectory(deployment: Deployment): boolean {
  return (
    reader(deployment)(
      'findsRoomsInDirectory',
      0,
      '0 or 1',
      'how people come to a group that they want to enter: 0: they have been told of it, as in the other systems; 1: they look ' +
        'for it in the directory, which asks direct peers only',
      { range: [0, 1] },
    ) === 1
  );
}

/** Reads the parameters, which lists them in the report. */
export function readP2pParameters(deployment: Deployment): P2pParameters {
  const read = reader(deployment);
  return {
    staticPeers: read(
      'staticPeers',
      1,
      'nodes',
      'public Pinecone nodes on the Internet that every phone dials; 0: nearby only',
      {
        source:
          'element-hq/dendrite cmd/dendrite-demo-pinecone: wss://pinecone.matrix.org/public; gone today',
      },
    ),
    relays: read(
      'relays',
      0,
      'nodes',
      'public nodes that are relays for everybody: a phone that seems absent gets its transactions left there, and ' +
        'collects them; 0: as the demo application does unless told',
      { source: 'element-hq/dendrite relayapi/ARCHITECTURE.md; -relay and enable_relays are off by default' },
    ),
    usesDirectory: readUsesDirectory(deployment),
    ...readP2pPhoneParameters(deployment),
  };
}

/** Reads those of phones, the radio's among them. */
export function readP2pPhoneParameters(deployment: Deployment): P2pPhoneParameters {
  const read = reader(deployment);
  const cost = (name: string, valueMs: number, meaning: string): Duration =>
    milliseconds(read(name, valueMs, 'ms', meaning, { range: [1, 500] }));
  const parameters: P2pPhoneParameters = {
    limitsHops:
      read('limitsHops', 1, '0 or 1', '1: traffic goes at most nine links far, as in the demo application', {
        source: 'element-hq/dendrite cmd/dendrite-demo-pinecone/monolith/monolith.go, EnableHopLimiting',
      }) === 1,
    realSignatures:
      read(
        'realSignatures',
        0,
        '0 or 1',
        "1: Pinecone's frames are signed with Ed25519; 0: by tokens of the same length that only their owner can make",
        { range: [0, 1] },
      ) === 1,
    roomVersion12Share: read('roomVersion12Share', 0, 'of rooms', 'rooms of version 12, the others of 11', {
      range: [0, 1],
    }),
    encryptedPublicShare: read('encryptedPublicShare', 0.5, 'of rooms', 'public rooms that are encrypted', {
      range: [0, 1],
    }),
    radioBytesPerSecond: read(
      'linkBytesPerSecond',
      20_000,
      'B/s',
      'what a Bluetooth link takes: frames beyond it wait in the queues of Pinecone',
      { range: [10_000, 30_000] },
    ),
    sendCost: cost('sendCostMs', 20, 'a phone authorises, signs and stores an event'),
    receiveCost: cost('receiveCostMs', 20, 'a phone verifies, authorises and stores an event of another'),
    syncCost: cost('syncCostMs', 5, 'a phone answers its own client'),
    requestCost: cost('requestCostMs', 5, 'a phone answers any other request'),
  };
  for (const declaration of [...radioDeclarationsWith(p2pRadioDefaults), ...localNetworkDeclarations])
    deployment.parameter(declaration);
  return parameters;
}
