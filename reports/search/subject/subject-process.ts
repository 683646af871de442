// Somebody else's implementation as a process that lives long: a JSON problem per line to its standard input, an answer per
// line from its standard output. Started from a list of arguments, never through a shell.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** What a subject made of a problem. */
export type SubjectAnswer =
  | { readonly kind: 'answer'; readonly line: string }
  | { readonly kind: 'crash'; readonly words: string }
  | { readonly kind: 'hang'; readonly words: string };

/** How to start one. */
export interface SubjectCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Longest wait for an answer. */
  readonly timeoutMs: number;
  /** Longest wait for the first answer of all, since it includes the start. 20 s when left out. */
  readonly startMs?: number;
}

const defaultStartMs = 20_000;
/** An answer longer than this is taken for a runaway. */
const longestLine = 50_000_000;

/** A subject that is started when first asked, and anew after it crashed or was stopped. */
export class SubjectProcess {
  readonly #how: SubjectCommand;
  #child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  #lines: Interface | undefined;
  #hasAnswered = false;
  /** How long the first answer after a start has taken; undefined before the first of all. */
  #startTook: number | undefined;

  constructor(how: SubjectCommand) {
    this.#how = how;
  }

  /** Asks one thing and waits for the answer, the end of the process, or the time-out. */
  ask(question: object): Promise<SubjectAnswer> {
    const { child, lines } = this.#started();
    const { timeoutMs, command } = this.#how;
    const wait = this.#hasAnswered ? timeoutMs : timeoutMs + this.#startAllowance();
    const asked = performance.now();
    return new Promise((resolve) => {
      const end = (answer: SubjectAnswer): void => {
        clearTimeout(timer);
        lines.removeListener('line', onLine);
        child.removeListener('exit', onExit);
        child.removeListener('error', onError);
        if (!this.#hasAnswered) this.#startTook ??= performance.now() - asked;
        if (answer.kind === 'answer') this.#hasAnswered = true;
        else this.stop();
        resolve(answer);
      };
      const onLine = (line: string): void => {
        if (line.length > longestLine) end({ kind: 'crash', words: 'its answer has no end' });
        else end({ kind: 'answer', line });
      };
      const onExit = (code: number | null, signal: string | null): void =>
        end({
          kind: 'crash',
          words: `it ended with ${signal === null ? `exit code ${code ?? '?'}` : signal}`,
        });
      const onError = (error: Error): void =>
        end({ kind: 'crash', words: `${command} cannot be run: ${error.message}` });
      const timer = setTimeout(
        () => end({ kind: 'hang', words: `no answer within ${wait / 1_000} s` }),
        wait,
      );
      lines.on('line', onLine);
      child.on('exit', onExit);
      child.on('error', onError);
      child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  /** What a start may take beyond an answer: three times what it took before, for a busy machine. */
  #startAllowance(): number {
    const { startMs = defaultStartMs } = this.#how;
    return Math.min(startMs, this.#startTook === undefined ? startMs : 3 * this.#startTook);
  }

  /** Ends the process. */
  stop(): void {
    this.#lines?.close();
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#lines = undefined;
    this.#hasAnswered = false;
  }

  #started(): { child: ChildProcessByStdio<Writable, Readable, null>; lines: Interface } {
    const { command, args } = this.#how;
    if (this.#child !== undefined && this.#lines !== undefined)
      return { child: this.#child, lines: this.#lines };
    const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'inherit'], shell: false });
    // What it does not read any more is told by its end, not by a broken pipe.
    child.stdin.on('error', () => undefined);
    // Whoever ends netsplit ends it, too; it must not keep the process alive by itself.
    child.unref();
    const lines = createInterface({ input: child.stdout });
    this.#child = child;
    this.#lines = lines;
    return { child, lines };
  }
}
