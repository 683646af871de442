// Names for the events of a case, so that a reader can follow it: who does what, and a number where that is not enough.
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { createEventId, type EventId } from '../../../protocol/matrix/ids.ts';
import { eventOfSketch, sketchedId, sketchOf } from '../rooms/sketched-event.ts';
import type { ResolutionProblem } from './problem.ts';

const verbs: Readonly<Record<string, string>> = {
  join: 'joins',
  leave: 'kicks',
  ban: 'bans',
  invite: 'invites',
  knock: 'knocks',
};

const localPart = (user: string): string => user.slice(1, user.indexOf(':'));

/** What an event does, in a word or three that may stand in an id. */
function deedOf({ type, sender, stateKey, content }: MatrixEvent): string {
  const who = localPart(sender);
  if (type === 'm.room.create') return 'create';
  if (type === 'm.room.member') {
    const membership = typeof content['membership'] === 'string' ? content['membership'] : 'member';
    if (stateKey === sender)
      return `${who}-${membership === 'leave' ? 'leaves' : (verbs[membership] ?? membership)}`;
    return `${who}-${verbs[membership] ?? membership}-${localPart(stateKey ?? '@nobody:')}`;
  }
  if (type === 'm.room.join_rules') return `${who}-makes-it-${ruleOf(content)}`;
  return `${who}-sets-${type.slice(type.lastIndexOf('.') + 1).replaceAll('_', '-')}`;
}

function ruleOf(content: JsonObject): string {
  const rule = content['join_rule'];
  return typeof rule === 'string' ? rule.replaceAll('_', '-') : 'ruleless';
}

/** The problem with names for ids. Ids decide ties, so that it may be another problem: the caller looks. */
export function withNames(problem: ResolutionProblem): ResolutionProblem {
  const { rules } = problem;
  const names = new Map<EventId, EventId>();
  const taken = new Map<string, number>();
  for (const event of problem.events) {
    const deed = deedOf(event);
    const times = (taken.get(deed) ?? 0) + 1;
    taken.set(deed, times);
    names.set(event.eventId, sketchedId(times === 1 ? deed : `${deed}-${times}`, event.sender, rules));
  }
  const named = (ids: readonly EventId[]): readonly EventId[] => ids.map((id) => names.get(id) ?? id);
  const events = problem.events.flatMap((event) => {
    const sketch = {
      ...sketchOf(event),
      prevEvents: named(event.prevEvents),
      authEvents: named(event.authEvents),
    };
    const made = eventOfSketch(sketch, names.get(event.eventId) ?? event.eventId, rules);
    // Where the room's id is that of its create event, that event must keep its name.
    if (!made.ok || (rules.roomIdIsCreateEvent && !names.has(createEventId(event.roomId)))) return [];
    return [made.value];
  });
  return {
    rules,
    events,
    stateSets: problem.stateSets.map(named),
    rejected: new Set(named([...problem.rejected])),
  };
}
