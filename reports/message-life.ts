// One message's life in one system: simulated again, looking at nothing else, with the faults and without them.
import { present } from '../protocol/assert.ts';
import type { UserMessageId } from '../protocol/message.ts';
import type { CompiledScenario } from '../scenarios/compile.ts';
import { createSimulation } from '../sim/create-simulation.ts';
import type { Observation } from '../sim/observation.ts';
import type { SimulationResult } from '../sim/simulation.ts';
import type { System } from '../sim/systems/system.ts';
import type { SpanReason } from './fates.ts';
import { simulationPlan } from './simulation-plan.ts';

/** Part of a message's way: who held it, why, and because of which faults. Microseconds since the epoch. */
export interface LifeSpan {
  readonly start: number;
  readonly end: number;
  /** Name of the node that held it, or that sent it while it is on the network. */
  readonly holder: string;
  readonly reason: SpanReason;
  /** Ids of the faults behind it. */
  readonly faults: readonly string[];
}

/** What became of a message for one recipient. */
export interface LifeDelivery {
  /** Number of the person. */
  readonly recipient: number;
  readonly at: number | null;
  /** In the twin. */
  readonly twinAt: number | null;
  /** From the press of send to the delivery, or to the horizon, without gap or overlap. */
  readonly spans: readonly LifeSpan[];
}

/** Something that happened to the message without bringing it to anybody. */
export interface LifeEvent {
  readonly at: number;
  readonly kind: 'accepted' | 'attempt-failed' | 'failed' | 'resent' | 'duplicate';
  /** Sort of failure, of an attempt that failed. */
  readonly failure?: string;
  readonly faults: readonly string[];
}

/** A message's life in one system. */
export interface MessageLife {
  readonly system: string;
  readonly message: number;
  readonly sender: number;
  readonly conversation: { readonly kind: string; readonly people: number };
  readonly sentAt: number;
  readonly events: readonly LifeEvent[];
  readonly deliveries: readonly LifeDelivery[];
  /** When each fault ended that an action of operators ended. */
  readonly endedByAction: Readonly<Record<string, number>>;
}

interface LifeOptions {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly system: System;
  /** Row number of the message in the workload. */
  readonly message: number;
}

/**
 * Simulates run and twin and keeps what concerns one message.
 * @throws RangeError when the workload of that seed has no such message
 */
export function lifeOfMessage({ compiled, seed, system, message }: LifeOptions): MessageLife {
  const workload = compiled.workload(String(seed));
  const scheduled = workload.messages[message];
  if (scheduled === undefined)
    throw new RangeError(`expected a message from 0 to ${workload.messages.length - 1}, found ${message}`);
  const watch = (variant: 'run' | 'twin'): Watched =>
    watchMessage(message as UserMessageId, (record) =>
      createSimulation(simulationPlan({ compiled, workload, seed, system, variant }), { record }).finish(),
    );
  const run = watch('run');
  const twin = compiled.faults.length === 0 ? run : watch('twin');
  const conversation = present(workload.conversations[scheduled.conversation], 'conversation of a message');
  return {
    system: system.id,
    message,
    sender: scheduled.sender,
    conversation: { kind: conversation.kind, people: conversation.members.length },
    sentAt: scheduled.at,
    events: eventsOf(run),
    deliveries: deliveriesOf(run, twin),
    endedByAction: Object.fromEntries(run.result.endedByAction),
  };
}

interface Watched {
  readonly seen: readonly Observation[];
  readonly result: SimulationResult;
}

function watchMessage(
  message: UserMessageId,
  simulate: (record: (observation: Observation) => void) => SimulationResult,
): Watched {
  const seen: Observation[] = [];
  const result = simulate((observation) => {
    if ('message' in observation && observation.message === message) seen.push(observation);
  });
  return { seen, result };
}

function eventsOf({ seen, result }: Watched): LifeEvent[] {
  return seen.flatMap((observation): LifeEvent[] => {
    switch (observation.kind) {
      case 'accepted':
      case 'resent':
      case 'duplicate':
        return [{ at: observation.at, kind: observation.kind, faults: [] }];
      case 'failed':
        return [{ at: observation.at, kind: 'failed', faults: faultsOf(result, observation.cause) }];
      case 'attempt-failed': {
        const { at, kind, failure, cause } = observation;
        return [{ at, kind, failure, faults: faultsOf(result, cause) }];
      }
      default:
        return [];
    }
  });
}

function deliveriesOf(run: Watched, twin: Watched): LifeDelivery[] {
  const twinAt = new Map(
    twin.seen.flatMap((each) => (each.kind === 'delivered' ? [[each.person, each.at] as const] : [])),
  );
  return run.seen
    .flatMap((each): LifeDelivery[] => {
      if (each.kind !== 'delivered' && each.kind !== 'undelivered') return [];
      return [
        {
          recipient: each.person,
          at: each.kind === 'delivered' ? each.at : null,
          twinAt: twinAt.get(each.person) ?? null,
          spans: each.spans.map(({ start, end, holder, reason, cause }) => ({
            start,
            end,
            holder: run.result.nodes[holder] ?? `node ${holder}`,
            reason,
            faults: faultsOf(run.result, cause),
          })),
        },
      ];
    })
    .sort((left, right) => left.recipient - right.recipient);
}

function faultsOf({ causes }: SimulationResult, cause: number): readonly string[] {
  return present(causes[cause], `faults of cause ${cause}`);
}
