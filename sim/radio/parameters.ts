// The constants of Bluetooth LE between phones: what is published, and what is assumed with its plausible range.
import { milliseconds, seconds, type Duration } from '../../protocol/time.ts';
import type { Assumption } from '../world.ts';

/** What the radio of a run is like. */
export interface RadioParameters {
  /** Median range in the open or in a room, before shadowing. */
  readonly rangeMetres: number;
  /** Shadowing: standard deviation of the logarithm of a pair's range. */
  readonly shadowingSigma: number;
  readonly advertisingInterval: Duration;
  /** Share of advertisements that a phone hears while it scans. */
  readonly heardShare: number;
  /** Median time of connection, MTU exchange, service discovery and subscription. */
  readonly setUpTime: Duration;
  readonly connectionInterval: Duration;
  /** From the application to the radio and back, both phones together. */
  readonly stackDelay: Duration;
  /** Of one link, in one direction. */
  readonly bytesPerSecond: number;
  /** Share of frames that must be sent again: side by side, and at the edge of the range. */
  readonly nearLoss: number;
  readonly edgeLoss: number;
  /** Links that an iPhone opens as central, and in all; links of an Android phone, either way. */
  readonly iosCentralLinks: number;
  readonly iosLinks: number;
  readonly androidLinks: number;
}

/** A phone opens connections no faster than this: permissionlesstech/bitchat, TransportConfig.swift. */
export const connectPacing: Duration = milliseconds(500);
/** After a link was closed in order the two phones leave each other alone: the same file. */
export const pauseAfterDisconnect: Duration = seconds(3);

/** LE 1M sends 1 Mbit/s: Bluetooth Core Specification 5.4, volume 6, part A §1 and part B §2.1. */
export const microsecondsPerByte = 8;
/** Preamble 1, access address 4, header 2, CRC 3 bytes of each link-layer packet: volume 6, part B §2.1. */
export const packetOverheadBytes = 10;
/** Greatest payload of a link-layer packet with data length extension: volume 6, part B §2.4. */
export const packetPayloadBytes = 251;
/** L2CAP header 4 and ATT header 3 bytes of each write or notification: volume 3, part A §3.1 and part F §3.4.5. */
export const writeOverheadBytes = 7;
/** Of an ATT MTU of 512 bytes, 3 are the header: bitchat writes up to 512 bytes at a time (BLEService.swift). */
export const writeBytes = 509;
/** An advertising event: ADV_IND with 31 bytes of data (16 + 31 bytes) on three channels: volume 6, part B §2.3.1.1. */
export const advertisingEventBytes = 3 * 47;

interface Declaration extends Omit<Assumption, 'path' | 'value'> {
  readonly name: string;
  readonly value: number;
}

const published = 'permissionlesstech/bitchat, bitchat/Services/TransportConfig.swift';

const declarations = {
  rangeMetres: {
    name: 'radioRangeMetres',
    value: 40,
    unit: 'm',
    meaning: 'median distance up to which two phones hear each other',
    range: [10, 100],
  },
  shadowingSigma: {
    name: 'radioShadowingSigma',
    value: 0.3,
    unit: 'standard deviation of the logarithm',
    meaning: 'walls and bodies: how much the range differs from pair to pair (bounded at a quarter and at double)',
    range: [0, 0.6],
  },
  advertisingIntervalMs: {
    name: 'radioAdvertisingIntervalMs',
    value: 250,
    unit: 'ms',
    meaning: 'between two advertisements of a phone; Android offers 100, 250 and 1,000 ms',
    range: [100, 1_000],
  },
  heardShare: {
    name: 'radioHeardShare',
    value: 0.3,
    unit: '',
    meaning: 'share of advertisements that a scanning phone hears (channel, scan window, collisions)',
    range: [0.05, 0.9],
  },
  setUpMs: {
    name: 'radioSetUpMs',
    value: 1_000,
    unit: 'ms',
    meaning: 'median time of connection, MTU exchange, service discovery and subscription',
    range: [300, 3_000],
  },
  connectionIntervalMs: {
    name: 'radioConnectionIntervalMs',
    value: 45,
    unit: 'ms',
    meaning: 'between two moments at which a link can carry something; iOS often grants 30 to 45 ms',
    range: [15, 100],
  },
  stackDelayMs: {
    name: 'radioStackDelayMs',
    value: 25,
    unit: 'ms',
    meaning: 'from one application to the radio and from the radio to the other application',
    range: [5, 60],
  },
  bytesPerSecond: {
    name: 'radioBytesPerSecond',
    value: 20_000,
    unit: 'B/s',
    meaning: 'throughput of a link in one direction',
    range: [10_000, 30_000],
  },
  nearLoss: {
    name: 'radioNearLoss',
    value: 0.02,
    unit: '',
    meaning: 'share of frames sent again by the link layer when phones are side by side',
    range: [0, 0.1],
  },
  edgeLoss: {
    name: 'radioEdgeLoss',
    value: 0.5,
    unit: '',
    meaning: 'the same at the edge of the range; in between it grows with the fourth power of the distance',
    range: [0.1, 0.8],
  },
  iosCentralLinks: {
    name: 'radioIosCentralLinks',
    value: 6,
    unit: 'links',
    meaning: 'connections that an iPhone opens by itself',
    source: published,
  },
  iosLinks: {
    name: 'radioIosLinks',
    value: 12,
    unit: 'links',
    meaning: 'connections of an iPhone, opened by itself or by others',
    range: [7, 20],
  },
  androidLinks: {
    name: 'radioAndroidLinks',
    value: 8,
    unit: 'links',
    meaning: 'connections of an Android phone',
    source: 'permissionlesstech/bitchat-android, AppConstants.kt',
  },
} as const satisfies Readonly<Record<string, Declaration>>;

/** What the radio assumes besides, for the report. */
const fixedAssumptions: readonly Assumption[] = [
  {
    path: 'radio.connectPacingSeconds',
    value: connectPacing / 1_000_000,
    unit: 's',
    meaning: 'least time between two connection attempts of a phone',
    source: published,
  },
  {
    path: 'radio.pauseAfterDisconnectSeconds',
    value: pauseAfterDisconnect / 1_000_000,
    unit: 's',
    meaning: 'two phones leave each other alone for so long after one has closed their link',
    source: published,
  },
  {
    path: 'radio.background',
    value: false,
    unit: '',
    meaning: 'phones use their radio only while the application is in the foreground',
  },
];

/** The radio's numbers for one system, with the values that a scenario has set, and what reports list of them. */
export function readRadioParameters(
  system: string,
  set: ReadonlyMap<string, number>,
): { readonly parameters: RadioParameters; readonly assumptions: readonly Assumption[] } {
  const assumptions: Assumption[] = [];
  const read = (declaration: Declaration): number => {
    const { name, value, ...rest } = declaration;
    const chosen = set.get(name) ?? value;
    assumptions.push({ ...rest, path: `parameters.${system}.${name}`, value: chosen });
    return chosen;
  };
  const parameters: RadioParameters = {
    rangeMetres: read(declarations.rangeMetres),
    shadowingSigma: read(declarations.shadowingSigma),
    advertisingInterval: milliseconds(read(declarations.advertisingIntervalMs)),
    heardShare: read(declarations.heardShare),
    setUpTime: milliseconds(read(declarations.setUpMs)),
    connectionInterval: milliseconds(read(declarations.connectionIntervalMs)),
    stackDelay: milliseconds(read(declarations.stackDelayMs)),
    bytesPerSecond: read(declarations.bytesPerSecond),
    nearLoss: read(declarations.nearLoss),
    edgeLoss: read(declarations.edgeLoss),
    iosCentralLinks: read(declarations.iosCentralLinks),
    iosLinks: read(declarations.iosLinks),
    androidLinks: read(declarations.androidLinks),
  };
  return { parameters, assumptions: [...assumptions, ...fixedAssumptions] };
}
