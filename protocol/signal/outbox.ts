// A phone's send jobs: persisted, one queue per conversation, first in first out (Signal-Android
// jobs/IndividualSendJob.java, jobs/PushGroupSendJob.java; Signal-iOS MessageSenderJobQueue.swift).
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing, type ConversationId, type UserMessageId } from '../message.ts';
import type { DeviceState } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import { SmallMap } from '../small-map.ts';
import { after, inMilliseconds, milliseconds, type Clock, type Duration } from '../time.ts';
import { jobWait } from './backoff.ts';
import { client, type PlatformPolicy } from './constants.ts';
import type { AccountId, Send } from './messages.ts';

/** One message to be sent; the record that is persisted. */
interface Job {
  readonly message: UserMessageId;
  readonly conversation: ConversationId;
  readonly text: string;
  /** Names the message for its recipients; kept by a resend. */
  readonly timestamp: number;
  /** Shown time at which the job was made, ms: its age counts from here. */
  readonly createdAtMs: number;
  readonly attempts: number;
  /** Shown time until which the job waits after a failure, ms, where a restart does not end the wait. */
  readonly waitsUntilMs?: number;
}

/** Why the first job of a queue is not being sent at this moment. */
type Phase = 'ready' | 'requesting' | 'backoff' | 'no-network' | 'suspended';

/** The jobs of one conversation; only the first is ever under way. */
interface JobQueue {
  readonly conversation: ConversationId;
  readonly jobs: Job[];
  phase: Phase;
  /** The back-off follows a failure of the network, and its return ends it. */
  endsWithNetwork: boolean;
  /** Faults behind the first job's wait; everything behind it waits for the same reason. */
  cause: CauseToken;
}

/** How an outbox is set up. */
export interface OutboxConfig {
  readonly account: AccountId;
  readonly service: Address;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  /** Everybody else in a conversation. */
  recipients(conversation: ConversationId): readonly AccountId[];
  /** Accounts with which there is no session yet: their pre-keys are fetched before the first message. */
  readonly strangers: ReadonlySet<AccountId>;
}

const jobPrefix = 'job/';
const failedPrefix = 'failed/';
const sessionPrefix = 'session/';
const timestampKey = 'last-timestamp';

export class Outbox {
  readonly #config: OutboxConfig;
  readonly #device: DeviceState;
  readonly #queues = new Map<ConversationId, JobQueue>();
  /** Shown as failed; the person may send them again. */
  readonly #failed = new Map<UserMessageId, Job>();
  readonly #requests = new SmallMap<Tag, JobQueue>();
  readonly #newSessions = new Set<AccountId>();
  #lastTimestamp: number;

  constructor(config: OutboxConfig, device: DeviceState, stored: StoredState | undefined) {
    this.#config = config;
    this.#device = device;
    this.#lastTimestamp = (stored?.get(timestampKey) as number | undefined) ?? 0;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(jobPrefix)) this.#queueOf((value as Job).conversation).jobs.push(value as Job);
      else if (key.startsWith(failedPrefix)) this.#failed.set((value as Job).message, value as Job);
      else if (key.startsWith(sessionPrefix))
        this.#newSessions.add(key.slice(sessionPrefix.length) as AccountId);
    }
  }

  inspect(): unknown {
    return {
      queues: [...this.#queues.values()]
        .filter(({ jobs }) => jobs.length > 0)
        .map(({ conversation, jobs, phase }) => ({
          conversation,
          phase,
          jobs: jobs.map(({ message, attempts }) => ({ message, attempts })),
        })),
      failed: [...this.#failed.keys()],
    };
  }

  /** The person presses send. */
  send(
    clock: Clock,
    request: {
      readonly message: UserMessageId;
      readonly conversation: ConversationId;
      readonly text: string;
    },
    out: Effects,
  ): void {
    const { message, conversation, text } = request;
    const timestamp = this.nextTimestamp(clock, out);
    this.#add(clock, { message, conversation, text, timestamp, createdAtMs: clock.wall, attempts: 0 }, out);
  }

  /** A name for a message: two of one millisecond would have the same. */
  nextTimestamp(clock: Clock, out: Effects): number {
    this.#lastTimestamp = Math.max(clock.wall, this.#lastTimestamp + 1);
    out.persist(timestampKey, this.#lastTimestamp);
    return this.#lastTimestamp;
  }

  /** The person presses "send again" on a message shown as failed. */
  resend(clock: Clock, message: UserMessageId, out: Effects): void {
    const job = this.#failed.get(message);
    if (job === undefined) return;
    this.#failed.delete(message);
    out.persist(`${failedPrefix}${message}`, undefined);
    this.#add(clock, { ...job, createdAtMs: clock.wall, attempts: 0 }, out);
  }

  /** The device is there again after a crash. */
  restarted(clock: Clock, out: Effects): void {
    for (const queue of this.#queues.values()) {
      const left = (queue.jobs[0]?.waitsUntilMs ?? 0) - clock.wall;
      if (left > 0) this.#backOff(clock, queue, milliseconds(left), noCause, out);
      else this.#run(clock, queue, out);
    }
  }

  /** There is a network again: every queue's first job runs at once, unless its back-off outlasts the network's return. */
  wake(clock: Clock, out: Effects): void {
    for (const queue of this.#queues.values()) {
      if (queue.phase === 'requesting' || queue.jobs.length === 0) continue;
      if (queue.phase === 'backoff') {
        if (!queue.endsWithNetwork) continue;
        out.cancelTimer(timerOf(queue));
      }
      queue.phase = 'ready';
      this.#run(clock, queue, out);
    }
  }

  /** The application runs again: what was suspended goes on, what waits for its back-off waits on. */
  resume(clock: Clock, out: Effects): void {
    for (const queue of this.#queues.values()) {
      if (queue.phase !== 'suspended') continue;
      queue.phase = 'ready';
      this.#run(clock, queue, out);
    }
  }

  /** True when the timer was one of a job queue's. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (!timer.startsWith(jobPrefix)) return false;
    const queue = this.#queues.get(Number(timer.slice(jobPrefix.length)) as ConversationId);
    if (queue === undefined || queue.phase !== 'backoff') return true;
    queue.phase = 'ready';
    this.#run(clock, queue, out);
    return true;
  }

  /** The end of one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const queue = this.#requests.get(tag);
    const [job] = queue?.jobs ?? [];
    if (queue === undefined || job === undefined) return;
    this.#requests.delete(tag);
    queue.phase = 'ready';
    if (!result.ok) this.#attemptFailed(clock, queue, job, result.failure, out);
    else if (result.message.kind === 'signal.pre-keys') this.#openSessions(clock, queue, job, out);
    else this.#sent(clock, queue, job, out);
  }

  #add(clock: Clock, job: Job, out: Effects): void {
    out.persist(`${jobPrefix}${job.message}`, job);
    const queue = this.#queueOf(job.conversation);
    queue.jobs.push(job);
    if (queue.jobs.length === 1) this.#run(clock, queue, out);
    else out.observe({ kind: 'hold', messages: [job.message], reason: 'queued', cause: queue.cause });
  }

  #run(clock: Clock, queue: JobQueue, out: Effects): void {
    const [job] = queue.jobs;
    if (job === undefined || queue.phase !== 'ready') return;
    const { policy } = this.#config;
    if (!this.#device.networkIsUp) {
      queue.phase = 'no-network';
      return this.#hold(queue, 'waiting-for-network', this.#device.networkCause, out);
    }
    // Nobody looks at a job's age before it is its turn to run.
    if (policy.jobLifespan !== undefined && ageOf(clock, job) >= policy.jobLifespan) {
      return this.#fail(clock, queue, job, queue.cause, out);
    }
    if (!policy.retriesInBackground && !this.#device.isRunning(clock)) {
      queue.phase = 'suspended';
      return this.#hold(queue, 'backoff', queue.cause, out);
    }
    queue.phase = 'requesting';
    out.observe({ kind: 'hold', messages: [job.message], reason: 'awaiting-answer', cause: noCause });
    this.#request(queue, job, out);
  }

  #request(queue: JobQueue, job: Job, out: Effects): void {
    const { account, service } = this.#config;
    const recipients = this.#config.recipients(queue.conversation);
    const strangers = recipients.filter((each) => this.#isStranger(each));
    const tag = `send/${job.message}`;
    this.#requests.set(tag, queue);
    const options = { timeout: client.requestTimeout };
    if (strangers.length > 0) {
      const message = { kind: 'signal.get-pre-keys', source: account, accounts: strangers } as const;
      return out.request(service, tag, { ...message, carries: carriesNothing }, options);
    }
    const message: Send = {
      kind: 'signal.send',
      source: account,
      recipients,
      timestamp: job.timestamp,
      content: padded(job.text),
      urgent: true,
      carries: [job.message],
    };
    out.request(service, tag, message, options);
  }

  #isStranger(account: AccountId): boolean {
    return this.#config.strangers.has(account) && !this.#newSessions.has(account);
  }

  #openSessions(clock: Clock, queue: JobQueue, job: Job, out: Effects): void {
    for (const account of this.#config.recipients(job.conversation)) {
      if (!this.#isStranger(account)) continue;
      this.#newSessions.add(account);
      out.persist(`${sessionPrefix}${account}`, true);
    }
    this.#run(clock, queue, out);
  }

  #sent(clock: Clock, queue: JobQueue, job: Job, out: Effects): void {
    out.persist(`${jobPrefix}${job.message}`, undefined);
    out.observe({ kind: 'accepted', message: job.message });
    this.#next(clock, queue, out);
  }

  #attemptFailed(clock: Clock, queue: JobQueue, job: Job, failure: Failure, out: Effects): void {
    out.observe({ kind: 'attempt-failed', message: job.message, failure });
    if (failure.kind === 'status' && (failure.status === 404 || failure.status === 413)) {
      return this.#fail(clock, queue, job, failure.cause, out);
    }
    const { policy, random } = this.#config;
    const attempts = job.attempts + 1;
    if (policy.jobAttempts !== undefined && attempts >= policy.jobAttempts) {
      return this.#fail(clock, queue, { ...job, attempts }, failure.cause, out);
    }
    const wait = jobWait(policy, attempts, failure, random);
    const waitsUntilMs = Math.ceil(clock.wall + inMilliseconds(wait));
    const attempted = { ...job, attempts, ...(policy.networkEndsBackoff ? {} : { waitsUntilMs }) };
    queue.jobs[0] = attempted;
    out.persist(`${jobPrefix}${job.message}`, attempted);
    queue.endsWithNetwork = policy.networkEndsBackoff && failure.kind !== 'status';
    this.#backOff(clock, queue, wait, failure.cause, out);
  }

  #backOff(clock: Clock, queue: JobQueue, wait: Duration, cause: CauseToken, out: Effects): void {
    queue.phase = 'backoff';
    out.setTimer(timerOf(queue), after(clock.now, wait));
    this.#hold(queue, 'backoff', cause, out);
  }

  #fail(clock: Clock, queue: JobQueue, job: Job, cause: CauseToken, out: Effects): void {
    out.persist(`${jobPrefix}${job.message}`, undefined);
    out.persist(`${failedPrefix}${job.message}`, job);
    this.#failed.set(job.message, job);
    out.observe({ kind: 'failed', message: job.message, cause });
    out.observe({ kind: 'hold', messages: [job.message], reason: 'needs-manual-resend', cause });
    this.#next(clock, queue, out);
  }

  #next(clock: Clock, queue: JobQueue, out: Effects): void {
    queue.jobs.shift();
    queue.phase = 'ready';
    queue.cause = noCause;
    this.#run(clock, queue, out);
  }

  /** The first job waits for `reason`, those behind it for the first: all because of the same faults. */
  #hold(queue: JobQueue, reason: 'backoff' | 'waiting-for-network', cause: CauseToken, out: Effects): void {
    const [first, ...behind] = queue.jobs.map(({ message }) => message);
    if (first === undefined) return;
    out.observe({ kind: 'hold', messages: [first], reason, cause });
    if (behind.length > 0 && cause !== queue.cause) {
      out.observe({ kind: 'hold', messages: behind, reason: 'queued', cause });
    }
    queue.cause = cause;
  }

  #queueOf(conversation: ConversationId): JobQueue {
    let queue = this.#queues.get(conversation);
    if (queue === undefined) {
      queue = { conversation, jobs: [], phase: 'ready', endsWithNetwork: false, cause: noCause };
      this.#queues.set(conversation, queue);
    }
    return queue;
  }
}

const timerOf = (queue: JobQueue): string => `${jobPrefix}${queue.conversation}`;

const ageOf = (clock: Clock, job: Job): number => milliseconds(clock.wall - job.createdAtMs);

/** Padding hides the length: blocks of 80 bytes, one byte of which marks the end. Spaces stand for the sealed bytes. */
function padded(text: string): string {
  const blocks = Math.ceil((text.length + 1) / client.paddingBlock);
  return text.padEnd(blocks * client.paddingBlock);
}
