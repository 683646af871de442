// The last line of defence: turns whatever a command threw into one clear message and an exit code.
import pc from 'picocolors';
import { ScenarioError } from '../scenarios/scenario-error.ts';
import { QueueError } from '../reports/queue/redis-connection.ts';
import { MissingPackage } from '../reports/missing-package.ts';
import { ForeignPackagesMissing } from '../sim/foreign/hyperdht/packages.ts';
import { StoreError } from '../reports/store.ts';
import { InvariantViolation } from '../protocol/assert.ts';
import { ExperimentError } from '../protocol/matrix/experiment.ts';
import { exitCode, UsageError } from './exit.ts';
import { printableMessage } from './printable.ts';

/** Prints why a command could not do its work; returns the exit code it ends with. */
export function explainFailure(error: unknown): number {
  if (
    error instanceof ScenarioError ||
    error instanceof UsageError ||
    error instanceof StoreError ||
    error instanceof QueueError ||
    error instanceof MissingPackage ||
    error instanceof ForeignPackagesMissing ||
    error instanceof ExperimentError
  ) {
    process.stderr.write(`${pc.red('error')}: ${printableMessage(error.message)}\n`);
    return exitCode.badInput;
  }
  if (error instanceof InvariantViolation) {
    process.stderr.write(
      `${pc.red('netsplit broke one of its own rules')}: ${error.message}\n` +
        'This is a bug. The scenario, its seed and this message are enough to reproduce it.\n' +
        `${error.stack ?? ''}\n`,
    );
    return exitCode.checkFailed;
  }
  process.stderr.write(
    `${pc.red('error')}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCode.checkFailed;
}
