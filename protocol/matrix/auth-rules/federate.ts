// Rooms that keep to one server: `m.federate` of the create event.
import type { MatrixEvent } from '../event.ts';
import { serverNameOf } from '../ids.ts';

/**
 * Whether a user may be in a room at all: everybody may, unless it does not federate and the user is of another server.
 *
 * The text closes a room by `false` alone; to deployed servers anything but `true` closes it.
 */
export function mayTakePart(user: string, create: MatrixEvent): boolean {
  const { content, rules } = create;
  const federates =
    rules.reading === 'text'
      ? content['m.federate'] !== false
      : !Object.hasOwn(content, 'm.federate') || content['m.federate'] === true;
  return federates || serverNameOf(create.sender) === serverNameOf(user);
}
