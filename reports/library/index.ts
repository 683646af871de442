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
export { keepingCases } from './keeping-cases.ts';
