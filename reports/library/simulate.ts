// A scenario and its run as plain values, for tests.
import { present } from '../../protocol/assert.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { violationsIn, type SystemViolation } from '../../scenarios/search/systems/system-invariants.ts';
import { watchRun } from '../../scenarios/search/systems/watched-run.ts';

/** A checked scenario of one system. */
export interface Scenario {
  /** As a file would hold it. */
  readonly text: string;
  /** What `simulate` takes unless told otherwise. */
  readonly seed: number;
  readonly compiled: CompiledScenario;
}

/** One expected delivery. Times are seconds since the epoch of the run. */
export interface Delivery {
  readonly message: number;
  readonly sender: number;
  readonly recipient: number;
  readonly sentAt: number;
  /** Undefined: never. */
  readonly deliveredAt: number | undefined;
}

/** A finished run. */
export interface Simulated {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Hash of every event of the run. */
  readonly digest: string | undefined;
  readonly deliveries: readonly Delivery[];
  /** Where copies of rooms differ at the end, and why. */
  readonly disagreements: readonly {
    readonly object: string;
    readonly aspect: string;
    readonly cause: string;
  }[];
  /** Invariants that it breaks (docs/search.md). */
  readonly violations: readonly SystemViolation[];
}

/**
 * Checks a scenario: YAML, JSON, or a value of the same shape.
 * @throws ScenarioError with line and column, and when it has not exactly one system
 */
export function scenario(source: string | object, seed = 1): Scenario {
  const text = typeof source === 'string' ? source : JSON.stringify(source, undefined, 2);
  const compiled = compileScenario({ text, file: 'scenario' });
  if (compiled.systems.size !== 1)
    throw new TypeError(
      `expected a scenario of one system, found ${[...compiled.systems.keys()].join(', ')}`,
    );
  return { text, seed: compiled.document.case?.seed ?? seed, compiled };
}

/** Runs it: the same scenario and seed give the same everywhere. */
export function simulate(of: Scenario, seed = of.seed): Simulated {
  const run = watchRun(of.compiled, seed);
  const { workload, fates, result } = run;
  const seconds = (at: number): number => at / 1_000_000;
  const deliveries = workload.messages.flatMap(({ id, sender, conversation, at }) =>
    present(workload.conversations[conversation], 'a conversation')
      .members.filter((member) => member !== sender)
      .map((recipient): Delivery => {
        const came = fates.get(id)?.deliveredAt.get(recipient);
        return {
          message: id,
          sender,
          recipient,
          sentAt: seconds(at),
          deliveredAt: came === undefined ? undefined : seconds(came),
        };
      }),
  );
  return {
    scenario: of,
    seed,
    digest: result?.digest,
    deliveries,
    disagreements: (result?.findings ?? []).map(({ object, aspect, cause }) => ({ object, aspect, cause })),
    violations: violationsIn(run, false),
  };
}
