// Worlds of the mesh benches: phones that stand on squares, on and off, without the cost of people's lives.
import { present } from '../../protocol/assert.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../protocol/message.ts';
import { hours, type Instant } from '../../protocol/time.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createAddressedDraw } from '../../sim/random/addressed.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import type { Person, ScheduledMessage, Workload } from '../../sim/workload/workload.ts';

/** Metres; every phone has this range, so that degrees can be computed. */
export const range = 30;

/** Side in metres of a square in which so many phones have so many neighbours on average. */
export function sideFor(phones: number, degree: number): number {
  return Math.sqrt((phones * Math.PI * range * range) / degree);
}

/** What a bench wants. */
export interface MeshWorldOptions {
  readonly system: System;
  /** Separate crowds, each on a square of its own, kilometres from the others. */
  readonly crowds: number;
  readonly phonesPerCrowd: number;
  readonly degree: number;
  readonly horizon: Instant;
  /** Messages to everybody: sender and instant. */
  readonly messages: readonly { readonly sender: number; readonly at: Instant }[];
  /** Ed25519, or tokens of the same length that only their owner can make. */
  readonly realSignatures: boolean;
}

/** Phones are switched on within the first ten seconds and stay on. */
export function meshPlan(options: MeshWorldOptions): SimulationPlan {
  const { system, crowds, phonesPerCrowd, degree, horizon, messages } = options;
  const { world, workload } = compileScenario({
    ...loadScenario('small-town'),
    overrides: ['people.count=2'],
  });
  const model = present(workload('bench').people[0], 'a person');
  const draw = createAddressedDraw('mesh-bench');
  const side = sideFor(phonesPerCrowd, degree);
  const perRow = Math.ceil(Math.sqrt(crowds));
  const [stay] = model.stays;
  const people = Array.from({ length: crowds * phonesPerCrowd }, (_, id): Person => {
    const crowd = Math.floor(id / phonesPerCrowd);
    const place = {
      x: (crowd % perRow) * (side + 1_000) + draw('x', id) * side,
      y: Math.floor(crowd / perRow) * (side + 1_000) + draw('y', id) * side,
    };
    const opens = Math.floor(draw('open', id) * 10_000_000) as Instant;
    return {
      ...model,
      id: id as PersonId,
      stays: [{ ...present(stay, 'a stay'), start: 0 as Instant, from: place, to: place }],
      device: {
        ...model.device,
        platform: draw('platform', id) < 0.5 ? 'ios' : 'android',
        clockSkewMs: 0,
        offline: [],
        foreground: [],
        meshOpen: [{ start: opens, end: horizon }],
      },
    };
  });
  return {
    world,
    workload: {
      people,
      conversations: [{ id: 0 as ConversationId, kind: 'room', members: people.map(({ id }) => id) }],
      messages: messages.map(({ sender, at }, index): ScheduledMessage => ({
        id: index as UserMessageId,
        sender: sender as PersonId,
        conversation: 0 as ConversationId,
        at,
        text: `rumour ${index}`,
        resendAfter: hours(1),
      })),
      windows: { sendingStart: 0 as Instant, sendingEnd: horizon, horizon },
      distanceClass: () => 'walking',
    } satisfies Workload,
    faults: [],
    system,
    parameters: new Map([
      ['radioShadowingDb', 0],
      ['radioRangeMetres', range],
      ['realSignatures', options.realSignatures ? 1 : 0],
    ]),
    seed: 'bench',
    limits: { events: 1_000_000_000, eventsPerInstant: 10_000_000 },
  };
}
