// Meetings written out in a scenario, as a contact trace.
import { compareNumbers } from '../protocol/order.ts';
import type { ContactTrace } from '../sim/radio/contact-trace.ts';
import type { MovementDocument } from './movement-schema.ts';
import type { ParsedScenario } from './parse.ts';

type MeetingsDocument = Extract<MovementDocument, { model: 'meetings' }>;

/** Overlapping meetings of the same two people are one. */
interface Edge {
  readonly at: number;
  readonly left: number;
  readonly right: number;
  readonly begins: boolean;
}

/**
 * The trace of all meetings.
 * @throws ScenarioError where somebody does not exist or is named twice, or an end is not after its start
 */
export function meetingsOf(parsed: ParsedScenario, { meetings }: MeetingsDocument): ContactTrace {
  const { count } = parsed.document.people;
  const pairs = new Map<string, { from: number; until: number }[]>();
  for (const [index, { between, from, until }] of meetings.entries()) {
    const path = ['movement', 'meetings', index];
    for (const [side, person] of between.entries())
      if (person >= count)
        throw parsed.problemAt(
          [...path, 'between', side],
          `expected a number below ${count}, the people of the scenario, found ${person}`,
        );
    if (new Set(between).size < between.length)
      throw parsed.problemAt([...path, 'between'], 'expected different people');
    if (until <= from) throw parsed.problemAt([...path, 'until'], 'expected an end after the start');
    for (const left of between)
      for (const right of between) {
        if (left >= right) continue;
        const pair = `${left} ${right}`;
        pairs.set(pair, [...(pairs.get(pair) ?? []), { from, until }]);
      }
  }
  const edges = [...pairs].flatMap(([pair, stretches]) => edgesOf(pair, stretches));
  edges.sort(
    (one, other) =>
      one.at - other.at ||
      Number(one.begins) - Number(other.begins) ||
      one.left - other.left ||
      one.right - other.right,
  );
  return {
    nodes: Array.from({ length: count }, (_, person) => String(person)),
    at: Float64Array.from(edges, ({ at }) => at),
    left: Int32Array.from(edges, ({ left }) => left),
    right: Int32Array.from(edges, ({ right }) => right),
    begins: Uint8Array.from(edges, ({ begins }) => (begins ? 1 : 0)),
  };
}

function edgesOf(pair: string, stretches: readonly { from: number; until: number }[]): readonly Edge[] {
  const [left = 0, right = 0] = pair.split(' ').map(Number);
  const joined: { from: number; until: number }[] = [];
  for (const { from, until } of stretches.toSorted((one, other) => compareNumbers(one.from, other.from))) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last.until) last.until = Math.max(last.until, until);
    else joined.push({ from, until });
  }
  return joined.flatMap(({ from, until }) => [
    { at: from, left, right, begins: true },
    { at: until, left, right, begins: false },
  ]);
}
