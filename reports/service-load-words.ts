// Load that people who switch take with them, in words.
import { percent } from './figures-in-words.ts';
import type { SystemRecord } from './record-system.ts';

/** One line for each architecture of a system of several: inputs against the twin's, and the busiest minute. */
export function serviceLoadsInWords({ serverLoad, twin }: SystemRecord): readonly string[] {
  return (serverLoad?.services ?? []).map(({ service, inputs, busiestMinute }) => {
    const usual = twin.serverLoad?.services?.find((each) => each.service === service);
    const beside = usual === undefined || usual.inputs === 0 ? '' : `, ${times(inputs / usual.inputs)}`;
    const busiest = usual === undefined ? '' : ` (${percent(usual.busiestMinute)})`;
    return `${service} took ${inputs} inputs${beside}; busiest minute of a server ${percent(busiestMinute)}${busiest}`;
  });
}

const times = (ratio: number): string => `${ratio.toFixed(2)} times the twin’s`;
