// What actions bring about that lasts: entries of the timeline like faults, begun and ended by actions.
import { never } from '../../protocol/time.ts';
import type { Action } from './action.ts';
import type { TimelineEntry } from './fault.ts';

/** The lasting effect of an action, before it is done; undefined for what happens in an instant. */
export function effectOf(action: Action): TimelineEntry | undefined {
  const { id, title, source, because } = action;
  const common = {
    id,
    title,
    source,
    start: never,
    end: never,
    doneBy: id,
    ...(because === undefined ? {} : { because }),
  };
  switch (action.do) {
    case 'drain':
      return { ...common, kind: 'drained', target: action.target };
    case 'switch-health-checks-off':
      return { ...common, kind: 'health-checks-off', target: action.target };
    case 'throttle':
      return {
        ...common,
        kind: 'error-rate',
        target: action.target,
        probability: action.share,
        status: action.status,
      };
    case 'add-capacity':
      return {
        ...common,
        kind: 'added-capacity',
        target: action.target,
        factor: action.factor,
        ...(action.rampUp === undefined ? {} : { rampUp: action.rampUp }),
      };
    case 'repair':
    case 'fail-over':
    case 'start':
    case 'restore-backup':
    case 'clear-back-offs':
    case 'lift':
      return undefined;
  }
}
