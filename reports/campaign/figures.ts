// The figures that a campaign keeps of every run and compares: each one number per system and seed.
import type { SystemRecord, TrafficFigures } from '../record-system.ts';

/** Why there is no number: nothing to measure; or it lies beyond the horizon, later than any number. */
export type FigureValue = number | 'nothing' | 'beyond-horizon';

/** How a figure's numbers are written. */
export type FigureUnit = 'share' | 'seconds' | 'milliseconds' | 'person-hours' | 'bytes' | 'joules' | 'count';

/** One figure of a system in a run. */
export interface Figure {
  readonly id: string;
  /** After "Signal's ...": `share delivered within a minute`. */
  readonly title: string;
  readonly unit: FigureUnit;
  /** Which direction people want. */
  readonly better: 'more' | 'less';
  /** After the system with the larger value, before "than": `delivers more within a minute`. */
  readonly larger: string;
  readonly definition: string;
  of(system: SystemRecord): FigureValue;
}

const orNothing = (value: number | null): FigureValue => value ?? 'nothing';

function lossWithin(deadline: '10s' | '1m' | '1h'): (system: SystemRecord) => FigureValue {
  return ({ delivery, twin }) => {
    const ours = delivery.within[deadline];
    const twins = twin.delivery.within[deadline];
    return ours === null || twins === null ? 'nothing' : twins - ours;
  };
}

function percentile(name: 'p50' | 'p90' | 'p99'): (system: SystemRecord) => FigureValue {
  return ({ latencyMs }) =>
    latencyMs[name] ?? (latencyMs.beyondHorizon.includes(name) ? 'beyond-horizon' : 'nothing');
}

/** Air time is that of the whole run, warm-up included, and so are the deliveries: as many as bytes are divided by. */
function airMillisecondsPerDelivery({
  internet,
  radio,
  airSeconds,
  perDelivery,
}: TrafficFigures): FigureValue {
  if (perDelivery === null) return 'nothing';
  if (perDelivery === 0) return 0;
  return (airSeconds * 1_000) / Math.round((internet + radio) / perDelivery);
}

/** Every figure, in the order of tables. The first three are the ones that conclusions are drawn from unless asked. */
export const figures: readonly Figure[] = [
  {
    id: 'within-1m',
    title: 'share delivered within a minute',
    unit: 'share',
    better: 'more',
    larger: 'delivers more within a minute',
    definition: 'Expected deliveries that came within a minute of pressing send.',
    of: ({ delivery }) => orNothing(delivery.within['1m']),
  },
  {
    id: 'loss-1m',
    title: 'share within a minute lost to the faults',
    unit: 'share',
    better: 'less',
    larger: 'loses more within a minute to the faults',
    definition:
      'The twin’s share delivered within a minute, minus the run’s: what the faults cost, whatever was slow anyway.',
    of: lossWithin('1m'),
  },
  {
    id: 'delivered',
    title: 'share delivered in the end',
    unit: 'share',
    better: 'more',
    larger: 'delivers more in the end',
    definition: 'Expected deliveries that came before the horizon.',
    of: ({ delivery }) => orNothing(delivery.ratio),
  },
  {
    id: 'within-10s',
    title: 'share delivered within ten seconds',
    unit: 'share',
    better: 'more',
    larger: 'delivers more within ten seconds',
    definition: 'Expected deliveries that came within ten seconds of pressing send.',
    of: ({ delivery }) => orNothing(delivery.within['10s']),
  },
  {
    id: 'within-1h',
    title: 'share delivered within an hour',
    unit: 'share',
    better: 'more',
    larger: 'delivers more within an hour',
    definition: 'Expected deliveries that came within an hour of pressing send.',
    of: ({ delivery }) => orNothing(delivery.within['1h']),
  },
  {
    id: 'loss-1h',
    title: 'share within an hour lost to the faults',
    unit: 'share',
    better: 'less',
    larger: 'loses more within an hour to the faults',
    definition: 'The twin’s share delivered within an hour, minus the run’s.',
    of: lossWithin('1h'),
  },
  {
    id: 'median',
    title: 'median delay',
    unit: 'milliseconds',
    better: 'less',
    larger: 'has the longer median delay',
    definition: 'Half of the expected deliveries came no later; what never came counts as infinite.',
    of: percentile('p50'),
  },
  {
    id: 'p90',
    title: '90th percentile of the delay',
    unit: 'milliseconds',
    better: 'less',
    larger: 'has the longer 90th percentile of the delay',
    definition: 'Nine tenths of the expected deliveries came no later; what never came counts as infinite.',
    of: percentile('p90'),
  },
  {
    id: 'recovery',
    title: 'time to recover',
    unit: 'seconds',
    better: 'less',
    larger: 'takes longer to recover',
    definition:
      'From the end of the last fault until the run is as good as its twin for half an hour; nought when it never left.',
    of: ({ recovery, delivery }) =>
      ({
        'no-faults': 'nothing' as const,
        'never-left': delivery.expected === 0 ? ('nothing' as const) : 0,
        recovered: recovery.seconds ?? 0,
        'not-recovered': 'beyond-horizon' as const,
      })[recovery.status],
  },
  {
    id: 'cut-off',
    title: 'time that people were cut off',
    unit: 'person-hours',
    better: 'less',
    larger: 'leaves people cut off for longer',
    definition:
      'From a person’s first failed send to the next successful send or receipt, summed over people.',
    of: ({ cutOff }) => cutOff.personHours,
  },
  {
    id: 'backlog',
    title: 'peak of the backlog',
    unit: 'count',
    better: 'less',
    larger: 'has the higher peak of the backlog',
    definition: 'Most expected deliveries outstanding beyond the twin’s at any instant.',
    of: ({ backlog }) => backlog.peak,
  },
  {
    id: 'undecryptable',
    title: 'deliveries there before their key',
    unit: 'count',
    better: 'less',
    larger: 'has more deliveries there before their key',
    definition: 'Expected deliveries that were on the recipient’s device before the key that opens them.',
    of: ({ undecryptable }) => undecryptable?.deliveries ?? 'nothing',
  },
  {
    id: 'lost',
    title: 'deliveries lost',
    unit: 'count',
    better: 'less',
    larger: 'loses more deliveries',
    definition: 'Expected deliveries that never came where the twin has them.',
    of: ({ blameAccount }) => blameAccount.lost,
  },
  {
    id: 'late',
    title: 'deliveries late',
    unit: 'count',
    better: 'less',
    larger: 'is late with more deliveries',
    definition: 'Expected deliveries that came more than a second after the twin’s.',
    of: ({ blameAccount }) => blameAccount.late,
  },
  {
    id: 'bytes',
    title: 'bytes per delivery',
    unit: 'bytes',
    better: 'less',
    larger: 'sends more bytes per delivery',
    definition:
      'Bytes on the internet and over radio over the whole run, by delivery of the whole run that came.',
    of: ({ bytes }) => orNothing(bytes.perDelivery),
  },
  {
    id: 'air-time',
    title: 'air time per delivery',
    unit: 'milliseconds',
    better: 'less',
    larger: 'needs more air time per delivery',
    definition:
      'Time that radios were sending over the whole run, summed over devices, by delivery of the whole run that came.',
    of: ({ bytes }) => airMillisecondsPerDelivery(bytes),
  },
  {
    id: 'energy',
    title: 'energy of radios and modems per delivery',
    unit: 'joules',
    better: 'less',
    larger: 'needs more energy of radios and modems per delivery',
    definition:
      'What radios send, receive and look for others, and bytes of modems, each times an assumed power, over the whole run, by delivery of the whole run that came; a lower bound.',
    of: ({ energy }) => orNothing(energy?.perDeliveryJoules ?? null),
  },
];

/** A figure by its id. */
export const figuresById: ReadonlyMap<string, Figure> = new Map(figures.map((figure) => [figure.id, figure]));

/** What conclusions are drawn from when nothing else is asked for. */
export const headlineFigures: readonly string[] = figures.slice(0, 3).map(({ id }) => id);

/** All figures of one system in a run. */
export function figuresOf(system: SystemRecord): Record<string, FigureValue> {
  return Object.fromEntries(figures.map((figure) => [figure.id, figure.of(system)]));
}
