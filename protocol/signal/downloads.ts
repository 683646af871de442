// What a phone does by itself about messages that are no words: fetches attachments, and refills one-time keys after
// somebody has opened a session with it (Signal-Android jobs/AttachmentDownloadJob.java, jobs/PreKeysSyncJob.kt).
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import { PictureFetches } from '../picture-fetches.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Clock } from '../time.ts';
import { exponential, jittered } from './backoff.ts';
import { client, service, type PlatformPolicy } from './constants.ts';
import { readClientContent, type AccountId, type Envelope } from './messages.ts';
import type { KeysLeft } from './task-messages.ts';
import type { OtherServices } from './task-plans.ts';

interface DownloadsConfig {
  readonly account: AccountId;
  readonly service: Address;
  readonly others: OtherServices;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
}

const countTag = 'key-count';
const refillTag = 'refill-keys';

export class Downloads {
  readonly #config: DownloadsConfig;
  readonly #pictures: PictureFetches;

  constructor(config: DownloadsConfig, stored: StoredState | undefined) {
    this.#config = config;
    const { policy, random, others } = config;
    this.#pictures = new PictureFetches(
      {
        protocol: 'signal',
        attempts: client.downloadAttempts,
        timeout: client.transferTimeout,
        waitAfter: (attempts) => jittered(exponential(attempts, policy.jobBackoffMost), random),
        request: (key) => ({
          to: others.objects,
          message: { kind: 'signal.object-get', key, carries: carriesNothing } as Message,
        }),
      },
      stored,
    );
  }

  /** The device has restarted. */
  restarted(out: Effects): void {
    this.#pictures.restarted(out);
  }

  /** A message that a client sent for itself. */
  received({ content }: Envelope, out: Effects): void {
    const read = readClientContent(content);
    if (read?.kind === 'attachment') this.#pictures.fetch(read.body, out);
    if (read?.kind !== 'opening') return;
    const { account, service: chat } = this.#config;
    const message = { kind: 'signal.key-count', account, carries: carriesNothing } as const;
    out.request(chat, countTag, message, { timeout: client.requestTimeout });
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag === countTag) {
      // Keys that could not be counted are counted after the next session that somebody opens.
      if (result.ok) this.#refill(result.message as KeysLeft, out);
      return true;
    }
    return tag === refillTag || this.#pictures.answered(clock, tag, result, out);
  }

  /** True when the timer was one of its own. */
  timer(timer: string, out: Effects): boolean {
    return this.#pictures.timer(timer, out);
  }

  #refill({ count }: KeysLeft, out: Effects): void {
    const { least, batch } = service.oneTimeKeys;
    if (count >= least) return;
    const { account, service: chat } = this.#config;
    const message = { kind: 'signal.put-keys', account, count: batch, carries: carriesNothing } as const;
    out.request(chat, refillTag, message, { timeout: client.requestTimeout });
  }
}
