// Mainline ordering. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { compareCodePoints } from '../../order.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import type { ResolutionContext } from '../state-resolution.ts';
import { powerLevelsKey } from './power-ordering.ts';

/** The power levels event among an event's auth events. */
function citedPowerLevels(event: MatrixEvent, context: ResolutionContext): MatrixEvent | undefined {
  for (const id of event.authEvents) {
    const auth = context.find(id);
    if (auth?.type === 'm.room.power_levels' && auth.stateKey === '') return auth;
  }
  return undefined;
}

/**
 * Orders events by how far back on the mainline of the resolved power levels their own authority lies: oldest first,
 * then by timestamp and id. An event without any power levels in its ancestry comes before all others.
 */
export function mainlineOrdering(
  events: readonly EventId[],
  resolved: ReadonlyMap<string, EventId>,
  context: ResolutionContext,
): readonly EventId[] {
  const mainline: EventId[] = [];
  const newest = resolved.get(powerLevelsKey);
  for (
    let event = newest === undefined ? undefined : context.find(newest);
    event !== undefined;
    event = citedPowerLevels(event, context)
  ) {
    mainline.push(event.eventId);
  }
  // Position 1 is the oldest mainline event; 0 is "no mainline ancestor".
  const positions = new Map(mainline.map((id, index) => [id, mainline.length - index]));
  const positionOf = (start: MatrixEvent): number => {
    const walked: EventId[] = [];
    let position = 0;
    for (
      let event: MatrixEvent | undefined = start;
      event !== undefined;
      event = citedPowerLevels(event, context)
    ) {
      const known = positions.get(event.eventId);
      if (known !== undefined) {
        position = known;
        break;
      }
      walked.push(event.eventId);
    }
    for (const id of walked) positions.set(id, position);
    return position;
  };
  return events
    .flatMap((id) => {
      const event = context.find(id);
      return event === undefined
        ? []
        : [{ id, position: positionOf(event), timestamp: event.originServerTs }];
    })
    .sort(
      (left, right) =>
        left.position - right.position ||
        left.timestamp - right.timestamp ||
        compareCodePoints(left.id, right.id),
    )
    .map(({ id }) => id);
}
