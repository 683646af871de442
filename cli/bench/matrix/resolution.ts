// Parts of `netsplit bench matrix` that resolve wide rooms: from parsed PDUs, every index built inside the clock.
import { present } from '../../../protocol/assert.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { trustedEvent } from '../../../protocol/matrix/event-format.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { resolveStateSets, type StateSets } from '../../../protocol/matrix/resolve-state-sets.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import type { BenchPart, Row } from '../bench.ts';
import { millisecondsOn, Rounds } from '../measure.ts';
import { machineGauge } from '../reference-loops.ts';
import { forkedRoom, type ForkedRoomRecipe, type RoomToResolve } from './forked-room.ts';

/** Rooms of one size, resolved after forks of these lengths. */
interface Size {
  readonly version: string;
  readonly members: number;
  /** Events per fork, with the milliseconds that the reference program took for such a room on its machine. */
  readonly cases: readonly (readonly [eventsPerFork: number, referenceMs: number])[];
}

/**
 * ruma-state-res 0.17.0: resolution and auth chains together, medians. For version 1, which ruma has not, Synapse 1.149.1,
 * which began with states that were indexed already: no goal there.
 */
const sizes: readonly Size[] = [
  {
    version: '10',
    members: 1_000,
    cases: [
      [10, 1.2],
      [100, 3.9],
      [1_000, 45],
    ],
  },
  {
    version: '10',
    members: 10_000,
    cases: [
      [10, 25],
      [100, 21],
      [1_000, 69],
    ],
  },
  {
    version: '10',
    members: 50_000,
    cases: [
      [10, 177],
      [100, 184],
      [1_000, 235],
    ],
  },
  { version: '12', members: 1_000, cases: [[100, 3.4]] },
  { version: '12', members: 10_000, cases: [[100, 19]] },
  { version: '12', members: 50_000, cases: [[100, 160]] },
  { version: '1', members: 1_000, cases: [[100, 1.5]] },
  { version: '1', members: 10_000, cases: [[100, 2.5]] },
  { version: '1', members: 50_000, cases: [[100, 17]] },
];

/** Wide rooms are to take half of ruma's time: there a simulator's many servers would feel it. */
const wide = 50_000;

/** One part for each size. */
export const resolutionParts: readonly BenchPart[] = sizes.map((size) => ({
  name: `resolve v${size.version}, ${size.members} members`,
  memoryGoal: 512,
  run() {
    const gauge = machineGauge();
    return size.cases.map(([eventsPerFork, referenceMs]) => rowOf(size, eventsPerFork, referenceMs, gauge));
  },
}));

function rowOf(
  { version, members }: Size,
  eventsPerFork: number,
  referenceMs: number,
  gauge: () => number,
): Row {
  const fresh = freshInput({ version, members, eventsPerFork, seed: 'bench' });
  const resolve = (): number => millisecondsOn(fresh, resolveStateSets);
  const { warmUps, rounds } = repetition(members);
  for (let run = 0; run < warmUps; run++) resolve();
  // What the reference program would take at the pace of the moment, beside each run.
  const measured = new Rounds(rounds, { reference: () => referenceMs / gauge(), resolve });
  const { value, other } = measured.beside('resolve', 'reference');
  const isSynapse = version === '1';
  return {
    name: `two forks of ${eventsPerFork}`,
    value,
    unit: 'ms',
    size: { series: `v${version}, forks of ${eventsPerFork}`, value: members },
    comparison: { name: isSynapse ? 'Synapse on indexed states, scaled' : 'ruma, scaled', value: other },
    ...(isSynapse ? {} : { goal: { of: 'ratio', bound: members >= wide ? 0.5 : 1 } }),
  };
}

function repetition(members: number): { readonly warmUps: number; readonly rounds: number } {
  if (members >= wide) return { warmUps: 3, rounds: 9 };
  return members >= 10_000 ? { warmUps: 10, rounds: 21 } : { warmUps: 100, rounds: 51 };
}

/** Makes events as a server has them after receipt: parsed from their bytes, and nothing worked out from them yet. */
function freshInput(recipe: ForkedRoomRecipe): () => StateSets {
  const rules = present(specifiedRoomVersions.get(recipe.version), 'room version');
  const text = roomText(forkedRoom(recipe));
  return () => {
    const [events, stateSets] = JSON.parse(text) as [
      { readonly eventId: EventId; readonly pdu: JsonObject }[],
      EventId[][],
    ];
    return { rules, stateSets, events: events.map(({ pdu, eventId }) => parsed(pdu, eventId, rules)) };
  };
}

function roomText({ events, stateSets }: RoomToResolve): string {
  return JSON.stringify([events, stateSets]);
}

function parsed(pdu: JsonObject, eventId: EventId, rules: StateSets['rules']): MatrixEvent {
  const event = trustedEvent(pdu, eventId, rules);
  if (!event.ok) throw new Error(event.detail);
  return event.value;
}
