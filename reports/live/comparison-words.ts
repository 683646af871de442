// A comparison of simulator and reality in words.
import type { Comparison, LiveRecord } from './live-record.ts';

const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

/** Side by side, with the verdict last. */
export function comparisonInWords(
  { processes, lateMs }: LiveRecord,
  { deliveries, states, latencyMs, oneByOne, verdict }: Comparison,
): string {
  const { simulated, live } = latencyMs;
  const row = (name: string, left: string, right: string): string =>
    `${name.padEnd(28)}${left.padStart(12)}${right.padStart(12)}`;
  const delay = (name: string, of: 'p10' | 'p50' | 'p90' | 'p99'): string =>
    row(name, milliseconds(simulated[of]), milliseconds(live[of]));
  const lines = [
    'Simulator and reality',
    row('', 'simulated', 'live'),
    row('delivered', String(simulated.count), String(live.count)),
    delay('delay, 10th percentile', 'p10'),
    delay('delay, median', 'p50'),
    delay('delay, 90th percentile', 'p90'),
    delay('delay, 99th percentile', 'p99'),
    '',
    `${processes} processes; their events came late by ${milliseconds(lateMs.p50)} (median), ${milliseconds(lateMs.p95)} (95th percentile), ${milliseconds(lateMs.most)} (most)`,
    `deliveries: ${deliveries.both} of ${deliveries.expected} in both, ${deliveries.onlySimulated} only simulated, ${deliveries.onlyLive} only live, ${deliveries.neither} in neither${saying(verdict.deliveries)}`,
    `final states: ${states.equal} of ${states.compared} copies equal${saying(verdict.states)}`,
    `delays: ${milliseconds(latencyMs.apart)} apart beyond a chance band of ${(latencyMs.band * 100).toFixed(0)} %, allowed ${milliseconds(latencyMs.tolerance)}${saying(verdict.latency)}`,
    ...(oneByOne ? [] : ['people race in it: who wins is chance, and distributions alone are compared']),
    ...states.differences.slice(0, 3).map(({ node, object, onlySimulated, onlyLive }) => {
      const entries = [
        ...onlySimulated.map((entry) => `simulated ${entry}`),
        ...onlyLive.map((entry) => `live ${entry}`),
      ];
      return `  ${node} ${object}: ${entries.join('; ')}`;
    }),
    verdict.agree ? 'They agree.' : 'They do not agree.',
  ];
  return lines.join('\n');
}

function saying(holds: boolean | null): string {
  if (holds === null) return '';
  return holds ? ': yes' : ': no';
}
