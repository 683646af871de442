// `netsplit explain`: one message's life, hop by hop, from the fault to the message; or which messages to look at.
import pc from 'picocolors';
import { present } from '../../protocol/assert.ts';
import { durationInWords } from '../../reports/figures-in-words.ts';
import { lifeInWords, type Setting } from '../../reports/message-life-words.ts';
import { lifeOfMessage, type MessageLife } from '../../reports/message-life.ts';
import { chosenSystems } from '../../reports/runner.ts';
import { isRunFolder, readRecord } from '../../reports/store.ts';
import { worstDeliveries } from '../../reports/worst-messages.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { exitCode, UsageError } from '../exit.ts';
import { subjectOf, type SubjectOptions } from '../subject.ts';

/** Options as the command line gives them. */
export interface ExplainOptions extends SubjectOptions {
  readonly recipient?: number;
  readonly json?: boolean;
}

/** Messages that are named when none is asked for, per system. */
const worstShown = 5;

/** Explains a message of a run folder, or of a scenario and seed; returns the exit code. */
export async function explain(
  subject: string,
  message: number | undefined,
  options: ExplainOptions,
): Promise<number> {
  if (message === undefined) return showWorst(subject, options);
  const { scenario, seed, systems } = await subjectOf(subject, options);
  const compiled = compileScenario(scenario);
  const settingOf = ({ endedByAction }: MessageLife): Setting => ({
    epochMs: compiled.world.epochWallMs,
    faults: compiled.faults.map(({ id, title, target, start, end }) => ({
      id,
      title,
      target,
      start: start / 1_000_000,
      end: (endedByAction[id] ?? end) / 1_000_000,
    })),
  });
  const lives = chosenSystems({ scenario, systems }, compiled).map((id) => {
    try {
      const life = lifeOfMessage({
        compiled,
        seed,
        system: present(registry.get(id), `system ${id}`),
        message,
      });
      return onlyTo(life, options.recipient);
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(error.message);
      throw error;
    }
  });
  if (options.json === true) process.stdout.write(`${JSON.stringify(lives)}\n`);
  else
    process.stdout.write(
      `${lives.map((life) => [pc.bold(registry.get(life.system)?.title ?? life.system), ...lifeInWords(life, settingOf(life))].join('\n')).join('\n\n')}\n`,
    );
  return exitCode.good;
}

function onlyTo(life: MessageLife, recipient: number | undefined): MessageLife {
  if (recipient === undefined) return life;
  const deliveries = life.deliveries.filter((each) => each.recipient === recipient);
  if (deliveries.length === 0)
    throw new UsageError(
      `--recipient ${recipient}: message ${life.message} is expected by ${life.deliveries.map((each) => each.recipient).join(', ')}`,
    );
  return { ...life, deliveries };
}

async function showWorst(subject: string, options: ExplainOptions): Promise<number> {
  if (!isRunFolder(subject))
    throw new UsageError(
      `${subject} is no run folder, whose messages that suffered most would be listed: expected the number of a message`,
    );
  await readRecord(subject); // a folder that is damaged, or of a later netsplit, is not to be half understood
  const worst = await worstDeliveries(subject, worstShown);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(worst)}\n`);
    return exitCode.good;
  }
  const lines = worst.map(
    ({ system, message, recipient, excessSeconds }) =>
      `  ${system.padEnd(12)} message ${String(message).padStart(6)} to person ${String(recipient).padStart(4)}: ${excessSeconds === null ? 'never came' : `${durationInWords(excessSeconds)} late`}`,
  );
  process.stdout.write(
    lines.length === 0
      ? 'No delivery was later than without the faults.\n'
      : `${[pc.bold('The deliveries that suffered most'), ...lines, '', `npx netsplit explain ${subject} <message> tells one’s life.`].join('\n')}\n`,
  );
  return exitCode.good;
}
