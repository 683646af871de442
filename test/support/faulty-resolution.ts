// State resolution as somebody gets it wrong: versions 2 and 2.1 from the parts of the real one, with one step left out or mistaken.
import { compareCodePoints } from '../../protocol/order.ts';
import { checkStateDependentRules } from '../../protocol/matrix/auth-rules.ts';
import { createKey, powerLevelsKey, type AuthState } from '../../protocol/matrix/auth-state.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { SpecifiedResolution } from '../../protocol/matrix/room-version.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import { withUnconflicted, type ResolutionContext } from '../../protocol/matrix/state-resolution.ts';
import { AuthGraph, noEvent } from '../../protocol/matrix/state-resolution/auth-graph.ts';
import { splitConflicted } from '../../protocol/matrix/state-resolution/conflicted.ts';
import { fullConflictedSet } from '../../protocol/matrix/state-resolution/full-conflicted-set.ts';
import { PartialState } from '../../protocol/matrix/state-resolution/iterative-auth-checks.ts';
import { mainlineOrdering } from '../../protocol/matrix/state-resolution/mainline.ts';
import {
  isPowerEvent,
  reverseTopologicalPowerOrdering,
} from '../../protocol/matrix/state-resolution/power-ordering.ts';

/** What is mistaken. Nothing of it: the algorithm of the specification. */
export interface Fault {
  /** The full conflicted set is what is in conflict. */
  readonly hasDifference?: false;
  readonly hasSubgraph?: boolean;
  readonly startsEmpty?: boolean;
  /** Events that are power events, or are none, against the definition. */
  readonly isPower?: (event: MatrixEvent, isOne: boolean) => boolean;
  readonly orderPower?: (
    events: readonly MatrixEvent[],
    causesFirst: readonly MatrixEvent[],
  ) => readonly MatrixEvent[];
  readonly orderOthers?: (events: readonly MatrixEvent[]) => readonly MatrixEvent[];
  /** The mainline is that of the power levels on which all states agree. */
  readonly hasOldMainline?: true;
  /** What the checks say of an event, where that is not what the rules say. */
  readonly allows?: (event: MatrixEvent, byRules: boolean) => boolean;
  /** For what has not been resolved yet an event’s own authority is not asked. */
  readonly ignoresCited?: true;
  readonly countsRejected?: true;
  readonly keepsUnconflicted?: 'not at all' | 'where nothing was resolved';
}

const byTime = (left: MatrixEvent, right: MatrixEvent): number =>
  left.originServerTs - right.originServerTs || compareCodePoints(left.eventId, right.eventId);
const byTimeThenLargerId = (left: MatrixEvent, right: MatrixEvent): number =>
  left.originServerTs - right.originServerTs || compareCodePoints(right.eventId, left.eventId);
const isMember = (event: MatrixEvent, membership: string): boolean =>
  event.type === 'm.room.member' && event.content['membership'] === membership;

/** Causes first, and of what is ready the first by `compare`: not by the senders’ power. */
function topological(
  events: readonly MatrixEvent[],
  compare: (left: MatrixEvent, right: MatrixEvent) => number,
): readonly MatrixEvent[] {
  const left = new Set(events);
  const ids = new Map(events.map((event) => [event.eventId, event]));
  const order: MatrixEvent[] = [];
  while (left.size > 0) {
    const ready = [...left].filter(
      ({ authEvents }) => !authEvents.some((id) => left.has(ids.get(id) as MatrixEvent)),
    );
    const [first] = ready.sort(compare);
    if (first === undefined) throw new RangeError('authority in a circle');
    order.push(first);
    left.delete(first);
  }
  return order;
}

/** Every fault by what it is. */
export const faults = {
  'nothing but what is in conflict': { hasDifference: false },
  'no iterative checks': { allows: () => true },
  'power events by time alone': { orderPower: (events) => [...events].sort(byTime) },
  'power events without the senders’ power': { orderPower: (events) => topological(events, byTime) },
  'power events with the newest first': {
    orderPower: (events) => topological(events, (left, right) => -byTime(left, right)),
  },
  'others by time alone': { orderOthers: (events) => [...events].sort(byTime) },
  'others the wrong way round': { orderOthers: (events) => [...events].reverse() },
  'others by the larger id where times are equal': {
    orderOthers: (events) => {
      const place = new Map(events.map((event, index) => [event, index]));
      const isTie = events.map(
        (event, index) => index > 0 && events[index - 1]?.originServerTs === event.originServerTs,
      );
      const group = events.map((_event, index) => isTie.slice(0, index + 1).filter((each) => !each).length);
      const groupOf = (event: MatrixEvent): number => group[place.get(event) ?? 0] ?? 0;
      return [...events].sort(
        (left, right) => groupOf(left) - groupOf(right) || byTimeThenLargerId(left, right),
      );
    },
  },
  'the mainline of the agreed power levels': { hasOldMainline: true },
  'kicks and bans are no power events': {
    isPower: (event, isOne) => isOne && event.type !== 'm.room.member',
  },
  'join rules are no power events': {
    isPower: (event, isOne) => isOne && event.type !== 'm.room.join_rules',
  },
  'power levels are no power events': {
    isPower: (event, isOne) => isOne && event.type !== 'm.room.power_levels',
  },
  'leaving is a power event': { isPower: (event, isOne) => isOne || isMember(event, 'leave') },
  'cited authority is not asked': { ignoresCited: true },
  'rejected events count': { countsRejected: true },
  'what is agreed is forgotten': { keepsUnconflicted: 'not at all' },
  'what is agreed is overwritten': { keepsUnconflicted: 'where nothing was resolved' },
  'restricted joins are refused': {
    allows: (event, byRules) => byRules && event.content['join_authorised_via_users_server'] === undefined,
  },
  'knocks are refused': { allows: (event, byRules) => byRules && !isMember(event, 'knock') },
  'third-party invites are refused': {
    allows: (event, byRules) => byRules && event.content['third_party_invite'] === undefined,
  },
  'invitations to addresses need no proof': {
    allows: (event, byRules) => byRules || event.content['third_party_invite'] !== undefined,
  },
} satisfies Readonly<Record<string, Fault>>;

/** Faults that are the other version’s ways. */
export const faultsOfVersion: Readonly<Record<'v2' | 'v2.1', Readonly<Record<string, Fault>>>> = {
  v2: { 'begins with nothing': { startsEmpty: true }, 'has a conflicted subgraph': { hasSubgraph: true } },
  'v2.1': {
    'begins with what is agreed': { startsEmpty: false },
    'no conflicted subgraph': { hasSubgraph: false },
  },
};

/** The resolved state. */
export function resolveFaultily(
  states: readonly StateMap[],
  given: ResolutionContext,
  algorithm: SpecifiedResolution,
  fault: Fault,
): StateMap {
  const isNewer = algorithm === 'v2.1';
  const { hasSubgraph = isNewer, startsEmpty = isNewer } = fault;
  const context: ResolutionContext = {
    ...given,
    rules: { ...given.rules, stateResolution: hasSubgraph ? 'v2.1' : 'v2' },
    isRejected: fault.countsRejected === true ? () => false : given.isRejected,
    explain: undefined,
  };
  const [first] = states;
  const split = splitConflicted(states);
  if (first === undefined || split.conflicted.size === 0) return first ?? states[0]!;
  const graph = new AuthGraph(context);
  const full = fullConflictedSet(states, split, graph);
  if (fault.hasDifference === false) {
    const inConflict = new Set([...split.conflicted.values()].flatMap((ids) => graph.numbersOf(ids)));
    const kept = full.members.filter((number) => inConflict.has(number));
    full.clear();
    for (const number of kept) full.add(number);
  }
  const numberOf = ({ eventId }: MatrixEvent): number => graph.numberOf(eventId);
  const eventsOf = (numbers: readonly number[]): readonly MatrixEvent[] =>
    numbers.map((each) => graph.event(each));
  const powerEvents = full.members.filter((number) => {
    const event = graph.event(number);
    const isOne = isPowerEvent(event, context.rules);
    return fault.isPower?.(event, isOne) ?? isOne;
  });
  const causesFirst = reverseTopologicalPowerOrdering(powerEvents, full, graph);
  const power = fault.orderPower?.(eventsOf(causesFirst), eventsOf(powerEvents)).map(numberOf) ?? causesFirst;
  const agreed = (key: string): number => {
    const id = split.unconflicted(key);
    return id === undefined ? noEvent : graph.numberOf(id);
  };
  const state = new PartialState((key) => (startsEmpty ? noEvent : agreed(key)));
  check(power, state, graph, fault);
  const ordered = new Set(power);
  const rest = full.members.filter((number) => !ordered.has(number));
  const levels = fault.hasOldMainline === true ? agreed(powerLevelsKey) : state.get(powerLevelsKey);
  const others = mainlineOrdering(rest, levels, graph);
  check(fault.orderOthers?.(eventsOf(others)).map(numberOf) ?? others, state, graph, fault);
  const resolved = state.resolved();
  const idsOf = new Map([...resolved].map(([key, number]) => [key, graph.event(number).eventId]));
  let result = withUnconflicted(first, split, resolved, graph);
  if (fault.keepsUnconflicted === 'where nothing was resolved') result = result.with(idsOf);
  if (fault.keepsUnconflicted === 'not at all')
    result = result.with(new Map([...result.entries()].map(([key]) => [key, idsOf.get(key)])));
  graph.end();
  return result;
}

function check(events: readonly number[], state: PartialState, graph: AuthGraph, fault: Fault): void {
  const hasAuthority = (number: number): boolean => number !== noEvent && !graph.isRejected(number);
  for (const number of events) {
    const event = graph.event(number);
    if (event.stateMapKey === undefined || graph.isRejected(number)) continue;
    const authority: AuthState = (key) => {
      const resolved = state.get(key);
      if (hasAuthority(resolved)) return graph.event(resolved);
      let cited = graph.cited(number, key);
      if (cited === noEvent && key === createKey) cited = graph.impliedCreate(number);
      if (fault.ignoresCited === true && key !== createKey) return undefined;
      return hasAuthority(cited) ? graph.event(cited) : undefined;
    };
    const byRules = checkStateDependentRules(event, authority).ok;
    if (fault.allows?.(event, byRules) ?? byRules) state.set(event.stateMapKey, number);
  }
}
