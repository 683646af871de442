// Rooms that keep to one server: `m.federate` of the create event.
import type { MatrixEvent } from '../event.ts';
import { serverNameOf } from '../ids.ts';

/** Whether a user may be in a room at all: everybody may, unless it does not federate and the user is of another server. */
export function mayTakePart(user: string, create: MatrixEvent): boolean {
  const { content } = create;
  const federates = !Object.hasOwn(content, 'm.federate') || content['m.federate'] === true;
  return federates || serverNameOf(create.sender) === serverNameOf(user);
}
