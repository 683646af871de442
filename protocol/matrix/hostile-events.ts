// Events that a hostile homeserver makes. They are stickers: somebody's words to clients, and no message of anybody in a run.
import { present } from '../assert.ts';
import { inMilliseconds, hours, type Clock } from '../time.ts';
import type { EventDraft } from './event-builder.ts';
import { parseEvent } from './event-format.ts';
import type { MatrixEvent } from './event.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { EventId } from './ids.ts';

const type = 'm.sticker';

/** How far back in the graph an event pretends to stand, in generations. */
const generationsBack = 20;
const pretendedAge = inMilliseconds(hours(1));

/** Another version of a message, in its place of the graph. */
export function otherVersion(room: HostedRoom, said: MatrixEvent, { wall }: Clock): MatrixEvent {
  return room.buildBeside(said, { type, sender: said.sender }, words('another version', said), wall);
}

/** One that claims to be an hour older, and stands there. */
export function backdated(
  context: HomeserverContext,
  room: HostedRoom,
  said: MatrixEvent,
  { wall }: Clock,
): MatrixEvent {
  const beside = ancestor(context, room, said);
  const { sender } = said;
  return room.buildBeside(beside, { type, sender }, words('long ago', said), wall - pretendedAge);
}

/** Many at one old place of the graph. */
export function manyAtOnce(
  context: HomeserverContext,
  room: HostedRoom,
  said: MatrixEvent,
  { wall }: Clock,
  count: number,
): readonly MatrixEvent[] {
  const beside = ancestor(context, room, said);
  const { sender } = said;
  return Array.from({ length: count }, (_, number) =>
    room.buildBeside(beside, { type, sender }, words(`flood ${number}`, said), wall),
  );
}

/** One in the name of a user of another server, with this server's signature; none where nobody else is. */
export function inAnothersName(room: HostedRoom, said: MatrixEvent, { wall }: Clock): readonly MatrixEvent[] {
  const [victim] = room.otherServers().flatMap((server) => [...room.membersOf(server)].slice(0, 1));
  if (victim === undefined) return [];
  return [room.buildBeside(said, { type, sender: victim }, words('in your name', said), wall)];
}

/** One whose content is not what was hashed and signed. */
export function alteredAfterSigning(room: HostedRoom, said: MatrixEvent, { wall }: Clock): MatrixEvent {
  const { sender } = said;
  const event = room.buildBeside(said, { type, sender }, words('as signed', said), wall);
  const altered = parseEvent({ ...event.pdu, content: words('altered', said) }, room.rules);
  return present(altered.ok ? altered.value : undefined, 'an altered event');
}

/**
 * A change that its sender has no power for; one that cites that change as its authority; one that cites none; and one that cites
 * something nobody has. None where the sender may do it.
 */
export function brokenChains(room: HostedRoom, said: MatrixEvent, { wall }: Clock): readonly MatrixEvent[] {
  const { sender, prevEvents, depth } = said;
  const power = { type: 'm.room.power_levels', stateKey: '', content: { users: { [sender]: 100 } } };
  if (room.allows({ ...power, sender, originServerTs: wall })) return [];
  const draft = (parts: Partial<EventDraft>): MatrixEvent =>
    room.buildFrom({
      type,
      sender,
      content: words('without authority', said),
      originServerTs: wall,
      prevEvents,
      depth,
      authEvents: said.authEvents,
      ...parts,
    });
  const seizure = draft(power);
  const withoutPower = room
    .events(said.authEvents)
    .filter((authority) => authority.type !== power.type)
    .map(({ eventId }) => eventId);
  const nobodys = `${said.eventId.slice(0, -1)}${said.eventId.endsWith('A') ? 'Q' : 'A'}` as EventId;
  return [
    seizure,
    draft({ authEvents: [...withoutPower, seizure.eventId] }),
    draft({ authEvents: [] }),
    draft({ authEvents: [...said.authEvents, nobodys] }),
  ];
}

/** Different for each message: two events may not be one. */
function words(body: string, said: MatrixEvent): MatrixEvent['content'] {
  return { body, url: `mxc://example.org/${said.eventId.slice(1)}` };
}

/** An event some generations before this one, as far as this server has taken them in. */
function ancestor(context: HomeserverContext, room: HostedRoom, event: MatrixEvent): MatrixEvent {
  let found = event;
  for (let generation = 0; generation < generationsBack; generation++) {
    const [previous] = found.prevEvents;
    const stored = previous === undefined ? undefined : context.find(previous);
    if (stored === undefined || stored.event.prevEvents.length === 0) break;
    if (room.missingPredecessors(stored.event).length > 0) break;
    found = stored.event;
  }
  return found;
}
