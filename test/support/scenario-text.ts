// A small scenario as text, for tests that change one thing in it.

/** What a test wants different: whole YAML blocks by top-level key; undefined leaves the key out. */
export type Blocks = Readonly<Record<string, string | undefined>>;

const blocks: Blocks = {
  netsplit: 'netsplit: 1',
  name: 'name: sample',
  title: 'title: A sample',
  description: 'description: Made for tests.',
  epoch: 'epoch: 2025-10-20T00:00Z',
  windows: 'windows: { warmUp: 1h, sending: 23h, horizon: 48h }',
  people: `people:
  count: 40
  cities:
    - { name: berlin, share: 0.5 }
    - { name: new-york, share: 0.5 }`,
  systems: `systems:
  signal:
  matrix:`,
  faults: `faults:
  - id: tables
    title: The table store's name is gone
    kind: dns
    target: kind=dns-zone region=us-east-1 service=dynamodb
    start: 2025-10-20T06:48Z
    end: 2025-10-20T09:25Z
    source: invented`,
  expectations: `expectations:
  - id: nothing-is-lost
    text: Nothing is lost.
    basis: law
    system: signal
    metric: lost-after-acceptance
    most: 0
    source: invented`,
};

/** The text of the sample scenario with some of its blocks replaced. */
export function scenarioText(changed: Blocks = {}): string {
  return Object.values({ ...blocks, ...changed })
    .filter((block) => block !== undefined)
    .join('\n')
    .concat('\n');
}
