// `netsplit resolve --explain`: why a resolution ended as it did, for people and as JSON.
import pc from 'picocolors';
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import type { EventLookup } from '../../protocol/matrix/auth-state.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import type { Room } from '../../protocol/matrix/room.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import type { ResolutionContext } from '../../protocol/matrix/state-resolution.ts';
import {
  explainResolution,
  type ExplainedResolution,
} from '../../protocol/matrix/state-resolution/explain.ts';
import type { ExplainedKey, Fate } from '../../protocol/matrix/state-resolution/explained-key.ts';
import type { ResolutionStep } from '../../protocol/matrix/state-resolution/explanation.ts';
import { printableLine } from '../printable.ts';
import {
  fateInWords,
  keyInWords,
  originInWords,
  placeInWords,
  type ShortId,
} from '../../reports/explanation-words.ts';

/** A resolution to be printed. */
export interface ToldResolution {
  readonly explained: ExplainedResolution;
  /** For each of the states that were resolved, what has it: `after $event`, `state set 2`. */
  readonly labels: readonly string[];
  readonly find: EventLookup;
}

/** A state, and what to call it. */
export interface LabelledState {
  readonly label: string;
  readonly state: StateMap;
}

/** The resolution of the states after these events: forward extremities, or the prev_events of an event. */
export function explainRoom(room: Room, eventIds: readonly EventId[]): ToldResolution {
  const states = eventIds.flatMap((id): LabelledState[] => {
    const state = room.stateAfter(id);
    return state === undefined ? [] : [{ label: `after ${id}`, state }];
  });
  return explainStates(states, {
    rules: room.rules,
    find: (id) => room.get(id),
    isRejected: (id) => room.verdict(id)?.kind === 'rejected',
  });
}

/** The resolution of states that are given as such. */
export function explainStates(given: readonly LabelledState[], context: ResolutionContext): ToldResolution {
  const explained = explainResolution(
    given.map(({ state }) => state),
    context,
  );
  const labels = explained.states.map((state) =>
    given
      .filter((each) => each.state.equals(state))
      .map(({ label }) => label)
      .join(', '),
  );
  return { explained, labels, find: context.find };
}

/** The explanation as it stands under `explanation` in `--json`. Infinite levels and positions are the text "infinite". */
export function explanationDocument({ explained, labels }: ToldResolution): object {
  const { algorithm, states, unconflictedKeys, keys } = explained;
  const full = stepOf(explained, 'full-conflicted-set');
  const power = stepOf(explained, 'power-ordering');
  const mainline = stepOf(explained, 'mainline-ordering');
  return {
    algorithm,
    states: states.map((state, index) => ({ of: labels[index], entries: state.size })),
    unconflicted_keys: unconflictedKeys,
    ...(full === undefined
      ? {}
      : {
          conflicted_state_set: full.conflictedStateSet,
          auth_difference: full.authDifference,
          conflicted_state_subgraph: full.conflictedStateSubgraph,
        }),
    ...(power === undefined
      ? {}
      : {
          reverse_topological_power_ordering: power.order.map((each) => ({
            event_id: each.eventId,
            sender_power_level: finite(each.senderPowerLevel),
            origin_server_ts: each.originServerTs,
          })),
        }),
    ...(mainline === undefined
      ? {}
      : {
          mainline: mainline.mainline,
          mainline_ordering: mainline.order.map((each) => ({
            event_id: each.eventId,
            mainline_position: finite(each.mainlinePosition),
            origin_server_ts: each.originServerTs,
          })),
        }),
    keys: keys.map(keyDocument),
  };
}

function keyDocument({ key, origin, winner, contenders }: ExplainedKey): object {
  const [type, stateKey] = splitStateMapKey(key);
  return {
    type,
    state_key: stateKey,
    origin,
    winner: winner ?? null,
    contenders: contenders.map(({ eventId, states, memberships, place, fate }) => ({
      event_id: eventId,
      states,
      memberships,
      ...(place === undefined ? {} : { place }),
      ...fateDocument(fate),
    })),
  };
}

function fateDocument(fate: Fate): object {
  const { kind } = fate;
  if (fate.kind === 'replaced')
    return { fate: kind, by: fate.by, comparison: finiteComparison(fate.comparison) };
  if (fate.kind === 'overruled') return { fate: kind, by: fate.by };
  if (fate.kind !== 'refused') return { fate: kind };
  const { phase, rule, ruleNumber, detail, authority } = fate;
  return {
    fate: kind,
    phase,
    rule,
    ...(ruleNumber === undefined ? {} : { rule_number: ruleNumber }),
    reason: detail,
    judged_by: authority.map(({ key, eventId, from }) => {
      const [type, stateKey] = splitStateMapKey(key);
      return { type, state_key: stateKey, event_id: eventId ?? null, from };
    }),
  };
}

function finiteComparison(comparison: object): object {
  return Object.fromEntries(
    Object.entries(comparison).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number'
        ? finite(value)
        : typeof value === 'object' && value !== null
          ? finiteComparison(value)
          : value,
    ]),
  );
}

function finite(value: number): number | 'infinite' {
  return Number.isFinite(value) ? value : 'infinite';
}

function stepOf<K extends ResolutionStep['kind']>(
  { steps }: ExplainedResolution,
  kind: K,
): Extract<ResolutionStep, { kind: K }> | undefined {
  return steps.find((step): step is Extract<ResolutionStep, { kind: K }> => step.kind === kind);
}

/** The explanation as text: what was resolved, then a paragraph for every key in play. */
export function explanationText(told: ToldResolution): string {
  const { explained, labels } = told;
  const { states, keys, algorithm } = explained;
  if (states.length < 2)
    return `state resolution ${algorithm}: ${states.length === 0 ? 'no state' : 'one state'}, nothing to resolve\n`;
  const short = shortIds(explained);
  const lines = [
    pc.bold(`state resolution ${algorithm} of ${states.length} states`),
    ...states.map((state, index) => `  state ${index + 1}  ${labels[index] ?? ''} (${state.size} entries)`),
    ...outline(explained, short),
  ];
  for (const each of keys) lines.push('', ...keyParagraph(each, told, short));
  return `${lines.map(printableLine).join('\n')}\n`;
}

function outline(explained: ExplainedResolution, short: ShortId): string[] {
  const conflicted = explained.keys.filter(({ origin }) => origin === 'conflicted').length;
  const lines = [`  ${explained.unconflictedKeys} keys unconflicted, ${conflicted} conflicted`];
  const full = stepOf(explained, 'full-conflicted-set');
  const power = stepOf(explained, 'power-ordering');
  const mainline = stepOf(explained, 'mainline-ordering');
  if (full !== undefined) {
    const { conflictedStateSet, authDifference, conflictedStateSubgraph } = full;
    const all = new Set([...conflictedStateSet, ...authDifference, ...conflictedStateSubgraph]);
    const subgraph =
      conflictedStateSubgraph.length === 0
        ? ''
        : `, conflicted state subgraph ${conflictedStateSubgraph.length}`;
    lines.push(
      `  full conflicted set: ${all.size} events (conflicted state set ${conflictedStateSet.length}, auth difference ${authDifference.length}${subgraph})`,
    );
  }
  const idsOf = (order: readonly { readonly eventId: EventId }[]): string =>
    order.map(({ eventId }) => short(eventId)).join(' ') || 'nothing';
  if (power !== undefined) lines.push(`  reverse topological power ordering: ${idsOf(power.order)}`);
  if (mainline !== undefined) {
    lines.push(`  mainline, newest first: ${mainline.mainline.map(short).join(' ') || 'empty'}`);
    lines.push(`  mainline ordering: ${idsOf(mainline.order)}`);
  }
  return lines;
}

function keyParagraph(
  { key, origin, winner, contenders }: ExplainedKey,
  { find }: ToldResolution,
  short: ShortId,
): string[] {
  const lines = [`${pc.bold(keyInWords(key))}  ${pc.dim(originInWords[origin])}`];
  if (winner === undefined) lines.push('  no event was allowed: the resolved state lacks the key');
  for (const contender of contenders) {
    const { eventId, fate } = contender;
    const event = find(eventId);
    const mark = eventId === winner ? pc.green('✔') : pc.red('✘');
    const membership = event?.content['membership'];
    const what = [event?.sender, typeof membership === 'string' ? membership : undefined];
    lines.push(
      `  ${mark} ${short(eventId)}  ${what.filter((each) => each !== undefined).join(' ')}  ${pc.dim(placeInWords(contender))}`,
      `      ${fateInWords(fate, short)}`,
    );
  }
  return lines;
}

const leastIdLength = 9;

/** Ids cut to the shortest length that keeps those of this resolution apart. */
function shortIds({ keys, steps }: ExplainedResolution): ShortId {
  const ids = new Set<string>(keys.flatMap(({ contenders }) => contenders.map(({ eventId }) => eventId)));
  for (const step of steps) {
    if (step.kind === 'mainline-ordering') for (const id of step.mainline) ids.add(id);
    if (step.kind !== 'auth-check') continue;
    for (const { eventId } of step.authority) if (eventId !== undefined) ids.add(eventId);
  }
  let length = leastIdLength;
  while (new Set([...ids].map((id) => id.slice(0, length))).size < ids.size) length++;
  return (id) => (id.length <= length ? id : id.slice(0, length));
}
