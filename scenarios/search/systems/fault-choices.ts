// What may break under a system, and how: the components that it brings along with all that they need, and for each kind of
// component the faults that make sense there.
import { compareCodePoints } from '../../../protocol/order.ts';
import { misbehaviours } from '../../../protocol/matrix/misbehaviour.ts';
import type { System } from '../../../sim/systems/system.ts';
import type { Component } from '../../../sim/world.ts';
import { pick, type RecipeFault } from './system-recipe.ts';

/** A fault as a scenario writes it. */
export type WrittenFault = Readonly<Record<string, unknown>>;

type Hit = (fault: RecipeFault, others: readonly Component[]) => WrittenFault;

const share = ({ value }: RecipeFault): number => (1 + value) / 10;
const down: Hit = ({ value }) => ({ kind: 'down', manner: pick(['black-hole', 'refuse', 'crash'], value) });
const crash: Hit = ({ value }) => ({
  kind: 'down',
  manner: 'crash',
  disk: pick(['kept', 'rolled-back', 'lost'], value),
});
const latency: Hit = ({ value }) => ({ kind: 'latency', addMs: 100 * 3 ** (value % 5) });
const loss: Hit = (fault) => ({ kind: 'loss', probability: share(fault) });
const partition: Hit = ({ other, value }, others) => ({
  kind: 'partition',
  from: `id=${pick(others, other).id}`,
  oneWay: value % 2 === 1,
});
const bandwidth: Hit = ({ value }) => ({ kind: 'bandwidth', bitsPerSecond: 2_000 * 4 ** (value % 4) });
const clock: Hit = ({ value }) => ({
  kind: 'clock',
  skewMs: pick([60_000, -60_000, 900_000, -900_000], value),
});

const onPaths = [down, latency, loss, partition, bandwidth] as const;

const hits: Partial<Readonly<Record<Component['kind'], readonly Hit[]>>> = {
  host: [
    ...onPaths,
    crash,
    clock,
    (fault) => ({ kind: 'error-rate', probability: share(fault) }),
    ({ value }) => ({ kind: 'slow', factor: 4 ** (1 + (value % 4)) }),
  ],
  region: onPaths,
  zone: onPaths,
  service: [down, (fault) => ({ kind: 'error-rate', probability: share(fault) })],
  'dns-zone': [
    ({ value }) => ({
      kind: 'dns',
      answer: pick(['empty', 'nxdomain', 'servfail', 'stale', 'silence'], value),
    }),
  ],
  certificate: [(fault) => ({ kind: 'certificate-expired', clients: share(fault) })],
  'load-balancer': [down, (fault) => ({ kind: 'load-balancer-flap', fraction: share(fault) })],
  isp: onPaths,
  city: onPaths,
};

const byzantine: Hit = ({ value }) => ({ kind: 'byzantine', behaviour: pick(misbehaviours, value) });
const radio: readonly Hit[] = [
  (fault) => ({ kind: 'radio-jamming', probability: share(fault) }),
  (fault) => ({ kind: 'duplication', probability: share(fault) }),
  clock,
];

/** Components that a run of a system rests on, by id. */
export function hittable(
  system: System,
  inWorld: ReadonlySet<string>,
  components: Iterable<Component>,
): readonly Component[] {
  const byId = new Map<string, Component>([...components].map((each) => [each.id, each]));
  const reached = new Set<string>();
  const stack = [...byId.keys()].filter((id) => !inWorld.has(id));
  stack.push(...[...byId.values()].filter(({ kind }) => kind === 'city').map(({ id }) => id));
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    const component = byId.get(id);
    if (component === undefined || reached.has(id)) continue;
    reached.add(id);
    stack.push(...component.needs.map(({ on }) => on));
  }
  return [...reached]
    .flatMap((id) => byId.get(id) ?? [])
    .filter((each) => hitsOn(each, system).length > 0)
    .sort((left, right) => compareCodePoints(left.id, right.id));
}

const times = (count: number, hit: Hit): readonly Hit[] => Array.from({ length: count }, () => hit);

function hitsOn({ kind, attributes }: Component, system: System): readonly Hit[] {
  const common = hits[kind] ?? [];
  if (kind === 'city' && system.usesRadio) return [...radio, ...common];
  const isHomeserver = kind === 'host' && system.id.startsWith('matrix') && attributes['system'] === 'matrix';
  return isHomeserver ? [...common, ...times(5, partition), crash, ...times(7, byzantine)] : common;
}

/** Half of all faults hit hosts, which are few among all that may break and on which most depends. */
function targetOf({ target }: RecipeFault, targets: readonly Component[]): Component {
  const hosts = targets.filter(({ kind }) => kind === 'host');
  return pick(hosts.length > 0 && target % 2 === 0 ? hosts : targets, Math.floor(target / 2));
}

/** What a scenario calls the fault at this place of a recipe. */
export const faultId = (index: number): string => `fault-${index + 1}`;

/** The faults of a recipe as a scenario writes them, in ticks of so many seconds. */
export function writtenFaults(
  faults: readonly RecipeFault[],
  targets: readonly Component[],
  system: System,
  tick: number,
): readonly WrittenFault[] {
  return faults.flatMap((fault, index) => {
    if (targets.length === 0) return [];
    const target = targetOf(fault, targets);
    const others = targets.filter(({ id }) => id !== target.id);
    const like = others.filter(({ kind }) => kind === target.kind);
    const choices = hitsOn(target, system).filter((hit) => hit !== partition || others.length > 0);
    // A path leads from a server to another one sooner than to a certificate.
    const { kind, ...rest } = pick(choices, fault.kind)(fault, like.length > 0 ? like : others);
    const seconds = (ticks: number): string => `${ticks * tick}s`;
    return [
      {
        id: faultId(index),
        title: `${String(kind)} of ${target.id}`,
        kind,
        target: `id=${target.id}`,
        ...rest,
        start: seconds(fault.from),
        end: seconds(fault.from + fault.length),
        source: 'drawn by netsplit search',
        mayBeIdle: 'drawn: it may hit where nothing is going on',
      },
    ];
  });
}
