// Two runs compared: their first different event, in words.
import { present } from '../../protocol/assert.ts';
import type { EventDescription, TracedSimulation } from '../running-simulation.ts';
import { scenarioTime } from './scenario-time.ts';

/** Events between two comparisons of digests on the first pass, unless said otherwise. */
const usualBlock = 8_192;

/** Where two runs part. */
export interface TraceDifference {
  /** Events that are the same in both runs before it. */
  readonly eventsBefore: number;
  /** Undefined when that run ended there. */
  readonly left: EventDescription | undefined;
  readonly right: EventDescription | undefined;
  /** The difference for people, several lines. */
  readonly words: string;
}

/**
 * The first event in which two runs differ; undefined when they are the same to the end. Each run is made twice: once
 * at full speed to find the `block` of events with the difference, and once to look at that block event by event.
 */
export function firstDifference(
  createLeft: () => TracedSimulation,
  createRight: () => TracedSimulation,
  block = usualBlock,
): TraceDifference | undefined {
  const left = createLeft();
  const right = createRight();
  let same = 0;
  for (;;) {
    const [leftRan, rightRan] = [advance(left, block), advance(right, block)];
    if (leftRan !== rightRan || left.digest() !== right.digest()) break;
    if (leftRan < block) return undefined;
    same += leftRan;
  }
  return lookClosely(createLeft(), createRight(), same);
}

function advance(simulation: TracedSimulation, events: number): number {
  let ran = 0;
  while (ran < events && simulation.step()) ran++;
  return ran;
}

function lookClosely(left: TracedSimulation, right: TracedSimulation, skip: number): TraceDifference {
  advance(left, skip);
  advance(right, skip);
  left.explain();
  right.explain();
  for (let events = skip; ; events++) {
    const leftEvent = left.step() ? left.last : undefined;
    const rightEvent = right.step() ? right.last : undefined;
    const ended = leftEvent === undefined || rightEvent === undefined;
    if (!ended && sentence(leftEvent) === sentence(rightEvent)) continue;
    const words = inWords(events, leftEvent, rightEvent);
    return { eventsBefore: events, left: leftEvent, right: rightEvent, words };
  }
}

function inWords(
  events: number,
  left: EventDescription | undefined,
  right: EventDescription | undefined,
): string {
  if (left === undefined && right === undefined)
    return `The runs handle the same ${events} events, but began differently (system, names of events or codec).`;
  const first = present(left ?? right, 'event of one of two runs');
  return [
    `${events === 1 ? '1 event is' : `${events} events are`} the same. The first different one is at ${scenarioTime(first.instant)}${first.node === undefined ? '' : `, at ${first.node}`}:`,
    `  left:  ${left === undefined ? 'the run has ended' : sentence(left)}`,
    `  right: ${right === undefined ? 'the run has ended' : sentence(right)}`,
  ].join('\n');
}

/** One event as a line that holds everything the digest sees of it. */
function sentence(event: EventDescription): string {
  const number = event.extra === 0 ? '' : ` #${event.extra}`;
  const details = event.details.map(({ what, content }) => `${what} ${content}`).join('; ');
  return `${scenarioTime(event.instant)} ${event.node ?? 'world'}: ${event.label}${number}${details === '' ? '' : ` (${details})`}`;
}
