// The numbers of the radio model. No measured table of phone-to-phone Bluetooth LE was found that could stand for all
// of them, so most are assumed, with the range in which they are plausible.
import type { Assumption } from '../world.ts';

type Declaration = Omit<Assumption, 'path' | 'value'> & { readonly value: number };

const declarations = {
  radioRangeMetres: {
    value: 30,
    unit: 'm',
    meaning: 'median range of phone to phone radio; Haggle iMotes reached about 30 m when carried',
    range: [10, 100],
  },
  radioShadowingDb: {
    value: 4,
    unit: 'dB',
    meaning: 'standard deviation of shadowing, drawn once per pair of phones, cut at two deviations',
    range: [0, 8],
  },
  radioPathLossExponent: {
    value: 3,
    unit: '',
    meaning: 'path loss exponent that turns shadowing into range',
    range: [2, 4],
  },
  radioDetectionSeconds: {
    value: 1,
    unit: 's of scanning',
    meaning: 'mean scanning time until an advertisement is heard (exponential)',
    range: [0.3, 5],
  },
  radioAdvertisingMs: {
    value: 250,
    unit: 'ms',
    meaning: 'between two advertisements of a phone; Android offers 100, 250 and 1,000 ms',
    range: [100, 1_000],
  },
  radioConnectMs: {
    value: 400,
    unit: 'ms',
    meaning:
      'median time from an advertisement to a connection with notifications on (log-normal, sigma 0.5)',
    range: [100, 2_000],
  },
  radioHopLeastMs: {
    value: 30,
    unit: 'ms',
    meaning: 'least latency of one hop: connection interval and processing',
    range: [7.5, 50],
  },
  radioHopMostMs: {
    value: 100,
    unit: 'ms',
    meaning: 'greatest latency of one hop without retransmission',
    range: [50, 400],
  },
  radioBytesPerSecond: {
    value: 20_000,
    unit: 'B/s',
    meaning: 'throughput of one connection in one direction',
    range: [10_000, 60_000],
  },
  radioRetransmissionMs: {
    value: 30,
    unit: 'ms',
    meaning: 'connection interval: a link-layer retransmission waits for the next connection event',
    range: [7.5, 60],
  },
  radioLossWidth: {
    value: 0.11,
    unit: 'share of the range',
    meaning:
      'width of the logistic loss of a transmission with distance: one half at the range, 1 % at half of it',
    range: [0.05, 0.3],
  },
  radioCollisionShare: {
    value: 1,
    unit: 'share',
    meaning:
      'share of overlapping frames of phones in range that are lost; 1: all, as in pure ALOHA; less where the stronger ' +
      'frame is understood; 0: no interference. Receivers want a frame about 9 dB stronger than another (Silicon Labs, ' +
      'BGM220S data sheet; the Core Specification allows 21 dB): at this path loss exponent every sender within twice the ' +
      'distance drowns it, which is 7/8 of those in range on average, and some beyond it',
    range: [0, 1],
  },
  radioSupervisionSeconds: {
    value: 4,
    unit: 's',
    meaning: 'supervision time-out: silence after which a connection counts as lost',
    range: [0.7, 20],
  },
  radioTotalLinksIos: {
    value: 12,
    unit: 'connections',
    meaning: 'connections of an iPhone in both roles',
    range: [6, 20],
  },
  radioBegunLinksIos: {
    value: 6,
    unit: 'connections',
    meaning: 'connections that an iPhone begins, at most',
    source: 'permissionlesstech/bitchat TransportConfig.swift',
    range: [3, 8],
  },
  radioTotalLinksAndroid: {
    value: 8,
    unit: 'connections',
    meaning: 'connections of an Android phone in both roles, at most',
    source: 'permissionlesstech/bitchat-android AppConstants.kt',
    range: [3, 20],
  },
  radioScansAlways: {
    value: 0,
    unit: '0 or 1',
    meaning: '0: phones scan part of the time, as Bitchat does; 1: without pause',
    source: 'permissionlesstech/bitchat BLEScanDutyPolicy.swift; bitchat-android PowerManager.kt',
  },
} as const satisfies Readonly<Record<string, Declaration>>;

/**
 * What is no parameter, because it is read from a client's source or matters little; the report lists it all the same.
 */
export const radioConstants = {
  /** Least gap between a phone's connection attempts. */
  attemptGapSeconds: 0.5,
  /** After one has closed a connection the two leave each other alone for so long. */
  pauseAfterClosingSeconds: 3,
  /** Between two advertisements of a phone whose application is in the background. */
  backgroundAdvertisingMs: 1_000,
  /** Spread of the set-up time of a connection (log-normal). */
  connectSigma: 0.5,
} as const;

/** The constants for the report. */
export const radioAssumptions: readonly Assumption[] = [
  {
    path: 'radio.attemptGapSeconds',
    value: radioConstants.attemptGapSeconds,
    unit: 's',
    meaning: 'least gap between the connection attempts of a phone',
    source: 'permissionlesstech/bitchat TransportConfig.bleConnectRateLimitInterval',
  },
  {
    path: 'radio.pauseAfterClosingSeconds',
    value: radioConstants.pauseAfterClosingSeconds,
    unit: 's',
    meaning: 'how long two phones leave each other alone after one has closed their connection',
    source: 'permissionlesstech/bitchat TransportConfig.swift',
  },
  {
    path: 'radio.backgroundAdvertisingMs',
    value: radioConstants.backgroundAdvertisingMs,
    unit: 'ms',
    meaning:
      'between two advertisements of a phone whose application works in the background (only where `worksInBackground` is 1): ADVERTISE_MODE_LOW_POWER of Android; ' +
      'of an iPhone it is assumed',
    source: 'permissionlesstech/bitchat-android PowerManager.kt',
  },
  {
    path: 'radio.connectSigma',
    value: radioConstants.connectSigma,
    unit: '',
    meaning: 'spread of the time to set up a connection (sigma of a log-normal)',
    range: [0.2, 1],
  },
];

/** Values by name. */
export type RadioParameters = Readonly<Record<keyof typeof declarations, number>>;

/** Every parameter of the radio, for a system that uses it to declare. */
export const radioDeclarations: readonly (Declaration & { readonly name: string })[] = Object.entries(
  declarations,
).map(([name, declaration]) => ({ name, ...declaration }));

/** What a system's radio does differently from Bluetooth LE as Bitchat uses it. */
export type RadioDefaults = Partial<RadioParameters>;

/** The declarations of a system with such a radio: what differs is its own assumption. */
export function radioDeclarationsWith(
  defaults: RadioDefaults,
): readonly (Omit<Declaration, 'source'> & { readonly name: string })[] {
  return radioDeclarations.map(({ source: _, ...declaration }) => ({
    ...declaration,
    value: defaults[declaration.name as keyof RadioParameters] ?? declaration.value,
  }));
}

/** The values of a run: the scenario's where it sets them, then the system's own. */
export function radioParameters(
  chosen: ReadonlyMap<string, number>,
  defaults: RadioDefaults = {},
): RadioParameters {
  const values: Record<string, number> = {};
  for (const { name, value } of radioDeclarations)
    values[name] = chosen.get(name) ?? defaults[name as keyof RadioParameters] ?? value;
  return values as RadioParameters;
}
