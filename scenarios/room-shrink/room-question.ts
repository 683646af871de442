// What a room shows that is to be kept while it is made smaller: a state reset, a verdict, an entry of the resolved state,
// a difference between algorithms, room versions or what one server ends with.
import { accept, reject, type Outcome } from '../../protocol/outcome.ts';
import { splitStateMapKey, stateMapKey } from '../../protocol/matrix/auth-state.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import {
  specifiedRoomVersions,
  type RoomVersionRules,
  type SpecifiedResolution,
} from '../../protocol/matrix/room-version.ts';
import type { AnonymousRoom } from './anonymous-room.ts';

/** Something that a room shows. Keys are those of {@link stateMapKey}. */
export type RoomQuestion =
  | {
      readonly kind: 'reset';
      /** Undefined: of any key. */
      readonly key: string | undefined;
      /** The rule that refused what was lost, or that an older entry overtook it; undefined: any reason. */
      readonly why: string | undefined;
    }
  | {
      readonly kind: 'rejected' | 'soft-failed';
      /** Undefined: any event that this rule refuses. */
      readonly eventId: EventId | undefined;
      /** Undefined: any rule. */
      readonly rule: string | undefined;
    }
  | { readonly kind: 'state'; readonly key: string; readonly eventId: EventId | undefined }
  | { readonly kind: 'diff'; readonly algorithms: readonly [SpecifiedResolution, SpecifiedResolution] }
  | { readonly kind: 'versions'; readonly versions: readonly [RoomVersionRules, RoomVersionRules] }
  | { readonly kind: 'observer' };

/** The ways to say it, for people. */
export const questionForms = [
  'reset[:<type>[,<state key>]]',
  'rejected:<event or rule>',
  'soft-failed:<event or rule>',
  'state:<type>,<state key>=<event or none>',
  'diff:<algorithm>,<algorithm>',
  'versions:<room version>,<room version>',
  'observer',
].join(' | ');

/** Reads `--keep`. */
export function readQuestion(text: string): Outcome<RoomQuestion> {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? '' : text.slice(colon + 1);
  const refuse = (expected: string): Outcome<never> =>
    reject('keep', `expected ${expected}, found "${text}"`);
  switch (kind) {
    case 'reset':
      return accept({ kind, key: rest === '' ? undefined : keyOf(rest), why: undefined });
    case 'rejected':
    case 'soft-failed':
      if (rest === '') return refuse(`${kind}:<event or rule>`);
      return accept(
        rest.startsWith('$')
          ? { kind, eventId: rest as EventId, rule: undefined }
          : { kind, eventId: undefined, rule: rest },
      );
    case 'state': {
      const equals = rest.lastIndexOf('=');
      const value = rest.slice(equals + 1);
      if (equals < 1 || !(value === 'none' || value.startsWith('$')))
        return refuse('state:<type>,<state key>=<event or none>');
      const eventId = value === 'none' ? undefined : (value as EventId);
      return accept({ kind, key: keyOf(rest.slice(0, equals)), eventId });
    }
    case 'diff': {
      const [left, right, ...more] = rest.split(',').map((name) => algorithms.find((each) => each === name));
      if (left === undefined || right === undefined || more.length > 0 || left === right)
        return refuse(`two different algorithms of ${algorithms.join(', ')}`);
      return accept({ kind, algorithms: [left, right] });
    }
    case 'versions': {
      const [left, right, ...more] = rest.split(',').map((id) => specifiedRoomVersions.get(id));
      if (left === undefined || right === undefined || more.length > 0 || left === right)
        return refuse('two different room versions from 1 to 12');
      return accept({ kind, versions: [left, right] });
    }
    case 'observer':
      return rest === '' ? accept({ kind }) : refuse('observer');
    default:
      return refuse(questionForms);
  }
}

const algorithms: readonly SpecifiedResolution[] = ['v1', 'v2', 'v2.1'];

function keyOf(text: string): string {
  const comma = text.indexOf(',');
  return comma < 0 ? stateMapKey(text, '') : stateMapKey(text.slice(0, comma), text.slice(comma + 1));
}

/** The same question in a room whose events and names are called something else. */
export function renamedQuestion(
  question: RoomQuestion,
  {
    idOf,
    keyOf: renamed,
  }: { readonly idOf: (id: EventId) => EventId; readonly keyOf: (key: string) => string },
): RoomQuestion {
  switch (question.kind) {
    case 'reset':
      return { ...question, key: question.key === undefined ? undefined : renamed(question.key) };
    case 'rejected':
    case 'soft-failed':
      return { ...question, eventId: question.eventId === undefined ? undefined : idOf(question.eventId) };
    case 'state':
      return {
        ...question,
        key: renamed(question.key),
        eventId: question.eventId === undefined ? undefined : idOf(question.eventId),
      };
    default:
      return question;
  }
}

/** How keys are called in an anonymous room. */
export function anonymousKey({ names }: AnonymousRoom): (key: string) => string {
  return (key) => {
    const [type, stateKey] = splitStateMapKey(key);
    return stateMapKey(names.type(type), names.stateKey(type, stateKey));
  };
}
