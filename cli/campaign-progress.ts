// Progress of a campaign: one line on a terminal; a line at every tenth elsewhere, so that logs stay short.
import type { CampaignProgress } from '../reports/campaign/campaign-runner.ts';
import { durationInWords } from '../reports/figures-in-words.ts';

/** `37 of 200 runs   2.1 runs/s   1 min left`. */
export function campaignProgressInWords({
  kept,
  finished,
  total,
  rate,
  remainingSeconds,
}: CampaignProgress): string {
  return [
    `${kept + finished} of ${total} runs`,
    ...(finished === 0
      ? []
      : [rate >= 1 ? `${rate.toFixed(1)} runs/s` : `${(rate * 60).toFixed(1)} runs/min`]),
    ...(remainingSeconds === undefined || kept + finished === total
      ? []
      : [`${durationInWords(remainingSeconds)} left`]),
  ].join('   ');
}

/** Draws the progress of a campaign on standard error. */
export class CampaignProgressLine {
  #tenth = 0;

  update(progress: CampaignProgress): void {
    const words = campaignProgressInWords(progress);
    if (process.stderr.isTTY) {
      process.stderr.write(`\r\x1b[2K${words}`);
      return;
    }
    const tenth = Math.floor(((progress.kept + progress.finished) / progress.total) * 10);
    if (progress.finished === 0 || tenth <= this.#tenth) return;
    this.#tenth = tenth;
    process.stderr.write(`${words}\n`);
  }

  /** Clears the line. */
  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
}
