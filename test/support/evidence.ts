// Evidence made from planted fates: what a simulation and its twin would have told, without either.
import type { CauseToken } from '../../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import { ExpectedDeliveries } from '../../reports/expected-deliveries.ts';
import { FatesFold } from '../../reports/fates-fold.ts';
import type { SpanReason } from '../../reports/fates.ts';
import type { Evidence, Simulated } from '../../reports/metrics/metric.ts';
import type { Fault } from '../../sim/faults/fault.ts';
import type { Observation, Span } from '../../sim/observation.ts';
import type { SimulationResult } from '../../sim/simulation.ts';
import type { Workload } from '../../sim/workload/workload.ts';

/** A span by its length; the first begins when the message is sent. */
export interface PlantedSpan {
  readonly length: number;
  readonly reason?: SpanReason;
  readonly holder?: number;
  readonly cause?: number;
}

/** One expected delivery: delivered after the sum of its spans, or lost at the horizon. */
export interface PlantedFate {
  readonly message: number;
  readonly person: number;
  readonly spans: readonly PlantedSpan[];
  readonly lost?: boolean;
}

export interface PlantedSimulation {
  readonly fates: readonly PlantedFate[];
  readonly others?: readonly Observation[];
}

/** Cause tokens of planted simulations: 1 is `first`, 2 is `second`, 3 is both. */
export const plantedCauses: SimulationResult['causes'] = [[], ['first'], ['second'], ['first', 'second']];

/** Nodes of planted simulations. */
export const plantedNodes = ['phone/0', 'phone/1', 'signal/chat-1', 'hs/matrix.org'];

export function plantedFault(id: string, start: number, end: number, more: Partial<Fault> = {}): Fault {
  return {
    id,
    title: `the ${id} fault`,
    target: 'kind=host',
    start: start as Instant,
    end: end as Instant,
    source: 'planted',
    kind: 'down',
    manner: 'refuse',
    ...more,
  } as Fault;
}

function spansFrom(sentAt: number, planted: readonly PlantedSpan[]): Span[] {
  let at = sentAt;
  return planted.map(({ length, reason = 'in-flight', holder = 0, cause = 0 }) => {
    const start = at;
    at += length;
    return { start: start as Instant, end: at as Instant, holder, reason, cause: cause as CauseToken };
  });
}

/** The observations of a planted simulation in order of time. */
export function plantedObservations(workload: Workload, planted: PlantedSimulation): Observation[] {
  const observations: Observation[] = workload.messages.map(({ id, at }) => ({
    kind: 'sent',
    at,
    message: id,
  }));
  for (const { message, person, spans, lost = false } of planted.fates) {
    const sentAt = workload.messages[message]!.at;
    const drawn = spansFrom(sentAt, spans);
    const at = lost ? workload.windows.horizon : (drawn.at(-1)?.end ?? sentAt);
    observations.push({
      kind: lost ? 'undelivered' : 'delivered',
      at,
      message: message as UserMessageId,
      person: person as PersonId,
      spans: drawn,
    });
  }
  observations.push(...(planted.others ?? []));
  return observations.sort((left, right) => left.at - right.at);
}

/** What the fold makes of a planted simulation. */
export function simulated(
  workload: Workload,
  expected: ExpectedDeliveries,
  planted: PlantedSimulation,
): Simulated {
  const fold = new FatesFold(workload, expected);
  for (const observation of plantedObservations(workload, planted)) fold.record(observation);
  return {
    fates: fold.finish(),
    result: {
      system: 'planted',
      digest: 'd',
      outcome: 'o',
      events: 1,
      endedBy: 'horizon',
      nodes: plantedNodes,
      causes: plantedCauses,
      assumptions: [],
      situations: new Map(),
      counters: new Map(),
      tasks: [],
      actionsDone: new Map(),
      endedByAction: new Map(),
      faultContacts: new Map(),
      touched: true,
      findings: [],
      busiestNodes: [],
    },
  };
}

/** A run and its twin. */
export function plantedEvidence(
  workload: Workload,
  faults: readonly Fault[],
  run: PlantedSimulation,
  twin: PlantedSimulation,
): Evidence {
  const expected = new ExpectedDeliveries(workload);
  return {
    workload,
    expected,
    faults,
    run: simulated(workload, expected, run),
    twin: simulated(workload, expected, twin),
  };
}
