// What a phone does by itself about messages that are no words: fetches attachments, and refills one-time keys after
// somebody has opened a session with it (Signal-Android jobs/AttachmentDownloadJob.java, jobs/PreKeysSyncJob.kt).
import type { Address, Effects, RequestResult, Tag } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, type Clock } from '../time.ts';
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

const prefix = 'fetch/';
const countTag = 'key-count';
const refillTag = 'refill-keys';

export class Downloads {
  readonly #config: DownloadsConfig;
  readonly #attempts = new Map<string, number>();

  constructor(config: DownloadsConfig) {
    this.#config = config;
  }

  /** A message that a client sent for itself. */
  received({ content }: Envelope, out: Effects): void {
    const read = readClientContent(content);
    if (read?.kind === 'attachment') this.#fetch(read.body, 1, out);
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
    if (tag === refillTag) return true;
    if (!tag.startsWith(prefix)) return false;
    const key = tag.slice(prefix.length);
    const attempts = this.#attempts.get(key) ?? 1;
    const isLast = result.ok || attempts >= client.downloadAttempts;
    if (isLast) {
      this.#attempts.delete(key);
      const name = result.ok ? 'signal.attachments-fetched' : 'signal.attachments-given-up';
      out.observe({ kind: 'counter', name, by: 1 });
    } else {
      const { policy, random } = this.#config;
      out.setTimer(tag, after(clock.now, jittered(exponential(attempts, policy.jobBackoffMost), random)));
    }
    return true;
  }

  /** True when the timer was one of its own. */
  timer(timer: string, out: Effects): boolean {
    if (!timer.startsWith(prefix)) return false;
    const key = timer.slice(prefix.length);
    this.#fetch(key, (this.#attempts.get(key) ?? 0) + 1, out);
    return true;
  }

  #fetch(key: string, attempt: number, out: Effects): void {
    this.#attempts.set(key, attempt);
    const message = { kind: 'signal.object-get', key, carries: carriesNothing } as const;
    out.request(this.#config.others.objects, `${prefix}${key}`, message, { timeout: client.transferTimeout });
  }

  #refill({ count }: KeysLeft, out: Effects): void {
    const { least, batch } = service.oneTimeKeys;
    if (count >= least) return;
    const { account, service: chat } = this.#config;
    const message = { kind: 'signal.put-keys', account, count: batch, carries: carriesNothing } as const;
    out.request(chat, refillTag, message, { timeout: client.requestTimeout });
  }
}
