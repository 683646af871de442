// One line of progress on a terminal; nothing elsewhere, so that logs and pipes stay clean.

/** How far each job of a run has come. */
export interface JobProgress {
  readonly label: string;
  /** 0 to 1. */
  readonly share: number;
}

/** Draws progress on standard error when that is a terminal. */
export class ProgressLine {
  readonly #jobs = new Map<string, number>();
  readonly #enabled = process.stderr.isTTY;

  /** Notes one job's progress and redraws. */
  update(job: JobProgress): void {
    this.#jobs.set(job.label, job.share);
    if (!this.#enabled) return;
    const parts = [...this.#jobs].map(
      ([label, share]) =>
        `${label} ${Math.floor(share * 100)
          .toString()
          .padStart(3)} %`,
    );
    process.stderr.write(`\r\x1b[2K${parts.join('   ').slice(0, (process.stderr.columns || 100) - 1)}`);
  }

  /** Clears the line. */
  end(): void {
    if (this.#enabled) process.stderr.write('\r\x1b[2K');
  }
}
