// From a script as written to what a workload follows.
import { compareNumbers } from '../protocol/order.ts';
import type { ConversationId, PersonId, UserMessageId } from '../protocol/message.ts';
import type { Duration, Instant } from '../protocol/time.ts';
import type { Script } from '../sim/workload/script.ts';
import type { Conversation, ScheduledChange, Windows } from '../sim/workload/workload.ts';
import type { ParsedScenario } from './parse.ts';
import type { ScriptDocument } from './script-schema.ts';

/**
 * Checks that a script speaks of people, conversations and guests that there are, and of times within the run.
 * @throws ScenarioError
 */
export function compileScript(parsed: ParsedScenario, windows: Windows): Script | undefined {
  const { script, people } = parsed.document;
  if (script === undefined) return undefined;
  new ScriptCheck(parsed, script, people.count, windows).run();
  const conversations = script.conversations.map(
    ({ kind, members, moderators, guests }, index): Conversation => ({
      id: index as ConversationId,
      kind,
      members: members as readonly number[] as readonly PersonId[],
      ...(moderators === undefined
        ? {}
        : { administration: { moderators: moderators as readonly number[] as readonly PersonId[], guests } }),
    }),
  );
  return {
    conversations,
    messages: script.messages
      .flatMap(({ times, every, ...message }) =>
        Array.from({ length: times }, (_each, index) => ({ ...message, at: message.at + index * every })),
      )
      .toSorted((left, right) => compareNumbers(left.at, right.at))
      .map(({ at, by, in: conversation, characters, resendAfter }, index) => ({
        id: index as UserMessageId,
        sender: by as PersonId,
        conversation: conversation as ConversationId,
        at: at as Instant,
        text: textOf(index, characters),
        resendAfter: resendAfter as Duration | undefined,
      })),
    changes: script.changes
      .toSorted((left, right) => compareNumbers(left.at, right.at))
      .map(({ at, by, in: conversation, change }): ScheduledChange => ({
        at: at as Instant,
        by: by as PersonId,
        conversation: conversation as ConversationId,
        change: change.kind === 'moderator' ? { ...change, person: change.person as PersonId } : change,
      })),
    absences: script.away.map(({ who, phone, from, until }) => ({
      person: who as PersonId,
      phone,
      during: { start: from as Instant, end: Math.min(until, windows.horizon) as Instant },
    })),
  };
}

function textOf(index: number, characters: number): string {
  const begin = `Message ${index}. `;
  return begin.repeat(Math.ceil(characters / begin.length)).slice(0, characters);
}

class ScriptCheck {
  readonly #parsed: ParsedScenario;
  readonly #script: ScriptDocument;
  readonly #people: number;
  readonly #windows: Windows;

  constructor(parsed: ParsedScenario, script: ScriptDocument, people: number, windows: Windows) {
    this.#parsed = parsed;
    this.#script = script;
    this.#people = people;
    this.#windows = windows;
  }

  run(): void {
    for (const [index, { kind, members, moderators, guests }] of this.#script.conversations.entries()) {
      const path = ['conversations', index];
      for (const [at, member] of members.entries()) this.#person(member, [...path, 'members', at]);
      if (new Set(members).size < members.length) this.#refuse([...path, 'members'], 'expected nobody twice');
      if (kind === 'direct' && members.length !== 2)
        this.#refuse([...path, 'members'], `expected two members, found ${members.length}`);
      for (const [at, moderator] of (moderators ?? []).entries())
        if (!members.includes(moderator))
          this.#refuse([...path, 'moderators', at], `expected a member, found ${moderator}`);
      if (moderators !== undefined && kind !== 'room')
        this.#refuse([...path, 'moderators'], 'only rooms have moderators');
      if (guests > 0 && moderators === undefined)
        this.#refuse([...path, 'guests'], 'expected moderators beside guests');
    }
    for (const [index, { times, every, ...message }] of this.#script.messages.entries()) {
      const last = { ...message, at: message.at + (times - 1) * every };
      this.#act(last, ['messages', index], this.#windows.sendingEnd, 'the end of the sending window');
    }
    for (const [index, change] of this.#script.changes.entries()) this.#change(change, ['changes', index]);
    for (const [index, { who, from, until }] of this.#script.away.entries()) {
      this.#person(who, ['away', index, 'who']);
      if (until <= from) this.#refuse(['away', index, 'until'], 'expected an end after the start');
      if (from >= this.#windows.horizon)
        this.#refuse(['away', index, 'from'], 'expected a start before the horizon');
    }
  }

  #change({ change, ...act }: ScriptDocument['changes'][number], path: readonly PropertyKey[]): void {
    this.#act(act, path, this.#windows.horizon, 'the horizon');
    const { moderators, guests = 0, members = [] } = this.#script.conversations[act.in] ?? {};
    if (moderators === undefined) this.#refuse([...path, 'in'], 'expected a room with moderators');
    if ((change.kind === 'guest' || change.kind === 'guest-speaks') && change.guest >= guests)
      this.#refuse([...path, 'change', 'guest'], `expected less than ${guests}, the guests of the room`);
    if (change.kind === 'moderator' && !members.includes(change.person))
      this.#refuse([...path, 'change', 'person'], 'expected a member of the room');
  }

  #act(
    { at, by, in: conversation }: { readonly at: number; readonly by: number; readonly in: number },
    path: readonly PropertyKey[],
    end: number,
    endInWords: string,
  ): void {
    const found = this.#script.conversations[conversation];
    if (found === undefined)
      this.#refuse(
        [...path, 'in'],
        `expected less than ${this.#script.conversations.length}, the conversations`,
      );
    if (!found.members.includes(by))
      this.#refuse([...path, 'by'], `expected a member of conversation ${conversation}`);
    if (at >= end) this.#refuse([...path, 'at'], `expected an instant before ${endInWords}`);
  }

  #person(person: number, path: readonly PropertyKey[]): void {
    if (person >= this.#people)
      this.#refuse(
        path,
        `expected a number below ${this.#people}, the people of the scenario, found ${person}`,
      );
  }

  #refuse(path: readonly PropertyKey[], message: string): never {
    throw this.#parsed.problemAt(['script', ...path], message);
  }
}
