// State resolution where not all is known: the resolved state as far as it would be the same whatever is missing.
import { resolveState, type ResolutionContext } from '../state-resolution.ts';
import { StateMap } from '../state-map.ts';
import type { EventId } from '../ids.ts';
import { ResolutionLog } from '../state-resolution/explanation.ts';
import { eventsFor } from '../state-resolution/conflicted.ts';
import { gapOfResolution } from './resolution-gap.ts';
import { gapOfResolutionV1 } from './resolution-gap-v1.ts';
import { missingFromChain, undecidedInChain } from './gaps.ts';
import { KnownState, type Unknown } from './known-state.ts';
import type { SliceResolution } from './slice-graph.ts';

/** The state resolved from these, as far as it is certain. No state gives the empty one. */
export function resolveKnown(states: readonly KnownState[], slice: SliceResolution): KnownState {
  const distinct: KnownState[] = [];
  for (const state of states) if (!distinct.some((each) => each.equals(state))) distinct.push(state);
  const [only] = distinct;
  if (only === undefined) return KnownState.empty;
  if (distinct.length === 1) return only;
  const unknown = distinct.find(({ isComplete }) => !isComplete)?.why;
  if (unknown !== undefined) return agreed(distinct, unknown, slice.context);
  const maps = distinct.map(({ entries }) => entries);
  const log = new ResolutionLog();
  const gaps = new GapWatch(slice);
  const resolved = resolveState(maps, { ...gaps.context, explain: log.note });
  // Where nothing that the algorithm asked for was missing, the result is what it is.
  const gap = gaps.found && gapBehind({ maps, steps: log.steps, slice, found: gaps.found });
  return gap === undefined ? KnownState.complete(resolved) : agreed(distinct, gap, slice.context);
}

interface GapQuestion {
  readonly maps: readonly StateMap[];
  readonly steps: ResolutionLog['steps'];
  readonly slice: SliceResolution;
  readonly found: Unknown;
}

/** Whether what is missing could have changed the result. Of an experiment's algorithm nobody knows. */
function gapBehind({ maps, steps, slice, found }: GapQuestion): Unknown | undefined {
  const { stateResolution } = slice.context.rules;
  if (typeof stateResolution !== 'string') return found;
  return stateResolution === 'v1' ? gapOfResolutionV1(maps, slice) : gapOfResolution(maps, steps, slice);
}

/** A context that notes the first thing asked for that nobody can tell. */
class GapWatch {
  found: Unknown | undefined;
  readonly context: ResolutionContext;

  constructor({ context, graph, isUndecided }: SliceResolution) {
    this.context = {
      rules: context.rules,
      find: (id) => {
        const event = graph.find(id);
        if (event === undefined) this.found ??= missingFromChain(id);
        return event;
      },
      isRejected: (id) => {
        if (isUndecided(id)) this.found ??= undecidedInChain(id);
        return context.isRejected(id);
      },
    };
  }
}

/**
 * What stays of states whose resolution is unknown. An entry that all have survives in every algorithm of the
 * specification: it is not in conflict. In version 1 a state without the key has no say, and no key is added that no
 * state had; from version 2 on the auth difference may add one.
 */
function agreed(states: readonly KnownState[], why: Unknown, { rules }: ResolutionContext): KnownState {
  const { stateResolution } = rules;
  if (typeof stateResolution !== 'string') return KnownState.unknown(why);
  const maps = states.map(({ entries }) => entries);
  const first = maps[0] ?? StateMap.empty;
  const differing = StateMap.keysInConflict(maps);
  if (stateResolution !== 'v1')
    return KnownState.partial(first.with(differing.map((key) => [key, undefined])), 'rest', why);
  const open = new Set<string>();
  for (const state of states) if (state.open !== 'rest') for (const key of state.open) open.add(key);
  const changes = new Map<string, EventId | undefined>();
  for (const key of differing) {
    const ids = eventsFor(key, maps);
    const isCertain = ids.length === 1 && !states.some((state) => state.isOpen(key));
    changes.set(key, isCertain ? ids[0] : undefined);
    if (!isCertain) open.add(key);
  }
  const isAnyKeyOpen = states.some((state) => state.open === 'rest');
  return KnownState.partial(first.with(changes), isAnyKeyOpen ? 'rest' : open, why);
}
