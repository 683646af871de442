// One line of progress on a terminal; elsewhere a line now and then of work that takes long, so that logs stay short.

/** How far each job of a run has come. */
export interface JobProgress {
  readonly label: string;
  /** 0 to 1. */
  readonly share: number;
}

/** Milliseconds between two lines where standard error is no terminal. */
const quietFor = 60_000;

/** Draws progress on standard error. */
export class ProgressLine {
  readonly #jobs = new Map<string, number>();
  readonly #isDrawn = process.stderr.isTTY;
  #toldAt = performance.now();

  /** Notes one job's progress and redraws. */
  update(job: JobProgress): void {
    this.#jobs.set(job.label, job.share);
    if (this.#isDrawn)
      process.stderr.write(`\r\x1b[2K${this.#inWords().slice(0, (process.stderr.columns || 100) - 1)}`);
    else if (performance.now() - this.#toldAt >= quietFor) {
      this.#toldAt = performance.now();
      process.stderr.write(`${this.#inWords()}\n`);
    }
  }

  /** Clears the line. */
  end(): void {
    if (this.#isDrawn) process.stderr.write('\r\x1b[2K');
  }

  #inWords(): string {
    return [...this.#jobs]
      .map(
        ([label, share]) =>
          `${label} ${Math.floor(share * 100)
            .toString()
            .padStart(3)} %`,
      )
      .join('   ');
  }
}
