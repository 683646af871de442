// What other people's test suites import: `import { scenario, simulate } from 'netsplit'`. docs/library.md shows how.
export { scenario, simulate, type Delivery, type Scenario, type Simulated } from './simulate.ts';
export { matchers, type MatcherResult } from './matchers.ts';
export {
  faultTimelines,
  roomDags,
  runsOf,
  type DagEvent,
  type FaultTimelineConstraints,
} from './arbitraries.ts';
export type { RoomConstraints } from '../../scenarios/search/rooms/room-arbitraries.ts';
export type { RunConstraints } from '../../scenarios/search/systems/system-arbitraries.ts';
export type { SystemViolation } from '../../scenarios/search/systems/system-invariants.ts';
export { keepingCases } from './keeping-cases.ts';
