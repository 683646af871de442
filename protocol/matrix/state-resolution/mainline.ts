// Mainline ordering. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { compareCodePoints } from '../../order.ts';
import { powerLevelsKey } from '../auth-state.ts';
import { noEvent, type AuthGraph } from './auth-graph.ts';

/**
 * Orders events by how far back on the mainline of the resolved power levels their own authority lies: oldest first,
 * then by timestamp and id. An event without any mainline event in its ancestry comes before all others.
 *
 * The specification counts the mainline from its newest event, which is 0, and sorts by descending position, infinity
 * first. Here the oldest is 1 and "none" is 0: the same order, ascending.
 */
export function mainlineOrdering(
  events: readonly number[],
  powerLevels: number,
  graph: AuthGraph,
): readonly number[] {
  const mainline: number[] = [];
  for (let event = powerLevels; event !== noEvent; event = graph.cited(event, powerLevelsKey))
    mainline.push(event);
  const positions = new Map(mainline.map((number, index) => [number, mainline.length - index]));
  const placed = events.map((number) => {
    const { eventId, originServerTs } = graph.event(number);
    return { number, eventId, originServerTs, position: mainlinePosition(number, positions, graph) };
  });
  placed.sort(
    (left, right) =>
      left.position - right.position ||
      left.originServerTs - right.originServerTs ||
      compareCodePoints(left.eventId, right.eventId),
  );
  graph.context.explain?.({
    kind: 'mainline-ordering',
    mainline: mainline.map((number) => graph.event(number).eventId),
    order: placed.map(({ eventId, originServerTs, position }) => ({
      eventId,
      originServerTs,
      mainlinePosition: position === 0 ? Infinity : mainline.length - position,
    })),
  });
  return placed.map(({ number }) => number);
}

/** The position of the first mainline event above an event; `positions` learns those of the events in between. */
function mainlinePosition(start: number, positions: Map<number, number>, graph: AuthGraph): number {
  const walked: number[] = [];
  let position = 0;
  for (let event = start; event !== noEvent; event = graph.cited(event, powerLevelsKey)) {
    const known = positions.get(event);
    if (known !== undefined) {
      position = known;
      break;
    }
    walked.push(event);
  }
  for (const number of walked) positions.set(number, position);
  return position;
}
