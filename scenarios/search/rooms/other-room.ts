// Another room of the same creator, as far as somebody may cite events of it who should not.
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { EventId, RoomId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { eventOfSketch, sketchedId } from './sketched-event.ts';

/** Its events by state map key. */
export function otherRoom(creator: string, rules: RoomVersionRules): ReadonlyMap<string, MatrixEvent> {
  const roomId = (rules.roomIdIsCreateEvent ? '!other-create' : '!other:one.example') as RoomId;
  const events = new Map<string, MatrixEvent>();
  const cited: EventId[] = [];
  const say = (name: string, type: string, stateKey: string, content: MatrixEvent['content']): void => {
    const isCreate = type === 'm.room.create';
    const sketch = {
      ...(isCreate && rules.roomIdIsCreateEvent ? {} : { roomId }),
      type,
      stateKey,
      sender: creator,
      content,
      originServerTs: events.size,
      depth: events.size + 1,
      prevEvents: cited.slice(-1),
      authEvents: rules.roomIdIsCreateEvent ? cited.slice(1) : [...cited],
    };
    const made = eventOfSketch(sketch, sketchedId(`other-${name}`, creator, rules), rules);
    if (!made.ok) throw new TypeError(made.detail);
    events.set(made.value.stateMapKey ?? '', made.value);
    cited.push(made.value.eventId);
  };
  const creators = rules.creatorIsSender ? {} : { creator };
  say('create', 'm.room.create', '', { room_version: rules.id, ...creators });
  say('member', 'm.room.member', creator, { membership: 'join' });
  say('power-levels', 'm.room.power_levels', '', {
    users: rules.creatorsHaveInfinitePower ? {} : { [creator]: 100 },
  });
  say('join-rules', 'm.room.join_rules', '', { join_rule: 'public' });
  return events;
}
