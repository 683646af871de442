// One run of a system, played for the search: what happened to every message, what the system says of itself, what was on the
// links, and how nodes were every minute.
import { present } from '../../../protocol/assert.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../../../protocol/message.ts';
import { hours, minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { systems } from '../../../sim/systems/registry.ts';
import type { System } from '../../../sim/systems/system.ts';
import type { Watcher } from '../../../sim/watcher.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import type { CompiledScenario } from '../../compile.ts';
import { LinkWatch } from './link-watch.ts';
import { OverlayWatch } from './overlay-watch.ts';

/** What became of a message, as far as its sender and its recipients can tell. */
export interface MessageFate {
  readonly deliveredAt: ReadonlyMap<PersonId, Instant>;
  readonly acceptedAt: Instant | undefined;
  readonly wasShownAsFailed: boolean;
}

/** A run and what was seen of it. */
export interface WatchedRun {
  readonly compiled: CompiledScenario;
  readonly system: System;
  readonly workload: Workload;
  readonly seed: number;
  readonly plan: SimulationPlan;
  /** Undefined where the run broke off. */
  readonly result: SimulationResult | undefined;
  /** Why it broke off. */
  readonly crash: string | undefined;
  readonly fates: ReadonlyMap<UserMessageId, MessageFate>;
  /** Messages that were shown more than once to somebody. */
  readonly duplicates: readonly { readonly message: UserMessageId; readonly person: PersonId }[];
  /** How often a message waited somewhere, by reason; those for which a fault is to blame once more as such. */
  readonly waits: ReadonlyMap<string, number>;
  readonly links: LinkWatch;
  readonly overlay: OverlayWatch | undefined;
}

/** How often the overlay of a P2P network is looked at: routes last ten seconds. Runs of days are looked at less often. */
const lookAt = (horizon: Instant): Duration => (horizon <= hours(2) ? seconds(5) : minutes(1));
/**
 * Events after which a run counts as a storm: several times what the busiest run needs that is none. Phones beside each other talk
 * all the time, so the limit grows with the hours for which pairs of people are together, and with what is written to whom.
 */
const limits = {
  events: 400_000,
  perPairHour: 4_000,
  perCopy: 60,
  most: 3_000_000,
  eventsPerInstant: 50_000,
};

class Fates {
  readonly fates = new Map<
    UserMessageId,
    { deliveredAt: Map<PersonId, Instant>; acceptedAt?: Instant; failed: boolean }
  >();
  readonly duplicates: { readonly message: UserMessageId; readonly person: PersonId }[] = [];

  readonly waits = new Map<string, number>();

  constructor(workload: Workload) {
    for (const { id } of workload.messages) this.fates.set(id, { deliveredAt: new Map(), failed: false });
  }

  record(observation: Observation): void {
    if ('spans' in observation)
      for (const { reason, cause } of observation.spans) {
        this.#waited(reason);
        if (cause !== noCause) this.#waited(`${reason}, because of a fault`);
      }
    if (observation.kind === 'duplicate') this.duplicates.push(observation);
    if (!('message' in observation) || observation.message === undefined) return;
    const fate = this.fates.get(observation.message);
    if (fate === undefined) return;
    if (observation.kind === 'delivered') fate.deliveredAt.set(observation.person, observation.at);
    else if (observation.kind === 'accepted') fate.acceptedAt ??= observation.at;
    else if (observation.kind === 'failed') fate.failed = true;
  }

  #waited(reason: string): void {
    this.waits.set(reason, (this.waits.get(reason) ?? 0) + 1);
  }
}

/** The plan of a compiled scenario's only system. */
export function planOf(compiled: CompiledScenario, seed: number): SimulationPlan {
  const [id] = compiled.systems.keys();
  const system = present(systems.get(id ?? ''), 'the system of a case');
  const workload = compiled.workload(String(seed));
  return {
    world: compiled.world,
    workload,
    faults: compiled.faults,
    actions: compiled.actions,
    system,
    parameters: compiled.systems.get(system.id) ?? new Map(),
    seed: String(seed),
    limits: {
      events: Math.min(eventsBeforeStorm(workload), compiled.limits.events),
      eventsPerInstant: Math.min(limits.eventsPerInstant, compiled.limits.eventsPerInstant),
    },
  };
}

function eventsBeforeStorm(workload: Workload): number {
  const { contacts, people, messages, windows } = workload;
  if (contacts === undefined) return limits.events;
  // What begins counts backwards, what ends forwards: their sum is the time spent together.
  let together = 0;
  for (const [row, at] of contacts.at.entries()) {
    const left = windows.horizon - Math.min(at, windows.horizon);
    together += contacts.begins[row] === 1 ? left : -left;
  }
  const { events, perPairHour, perCopy, most } = limits;
  const copies = messages.length * people.length;
  return Math.min(most, Math.round(events + (perPairHour * together) / hours(1) + perCopy * copies));
}

/** The row of a person's phone; undefined where the system gives nobody one of that name. */
export function nodeOf({ result }: WatchedRun, person: number): number | undefined {
  const row = result?.nodes.indexOf(`phone/${person}`) ?? -1;
  return row < 0 ? undefined : row;
}

/** Plays a scenario's only system; `watcher` looks on as well. */
export function watchRun(compiled: CompiledScenario, seed: number, watcher?: Watcher): WatchedRun {
  const plan = planOf(compiled, seed);
  const { workload, system } = plan;
  const seen = new Fates(workload);
  const links = new LinkWatch();
  const overlay = system.id === 'p2p-matrix' ? new OverlayWatch() : undefined;
  let result: SimulationResult | undefined;
  let crash: string | undefined;
  try {
    const watched: Watcher = {
      took: (input) => {
        links.took(input);
        watcher?.took(input);
      },
      running: (...change) => watcher?.running(...change),
    };
    const simulation = createSimulation({ ...plan, watcher: watched }, seen);
    const look = lookAt(workload.windows.horizon);
    if (overlay !== undefined)
      for (let at = look as number; at < workload.windows.horizon; at += look) {
        simulation.runUntil(at as Instant);
        overlay.look(at as Instant, (node) => simulation.inspect(node), workload.people.length);
      }
    result = simulation.finish();
  } catch (error) {
    // Whatever stops a run is a finding: a broken promise of ours, or a mistake.
    crash = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
  const fates = new Map(
    [...seen.fates].map(([id, { deliveredAt, acceptedAt, failed }]) => [
      id,
      { deliveredAt, acceptedAt, wasShownAsFailed: failed },
    ]),
  );
  const { duplicates, waits } = seen;
  return { compiled, system, workload, seed, plan, result, crash, fates, duplicates, waits, links, overlay };
}
