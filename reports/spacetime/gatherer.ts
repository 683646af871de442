// Gathers what belongs into a slice while its simulation runs.
import { present } from '../../protocol/assert.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import { messageOf } from '../../sim/host/input-content.ts';
import type { NodeIndex, Observation, ObservationSink, Span } from '../../sim/observation.ts';
import type { WatchedInput, Watcher } from '../../sim/watcher.ts';
import type { Happening, SliceOptions, Stay, Transfer } from './slice.ts';

/** The slice holds more than was allowed: it must be made narrower. */
export class SliceTooLarge extends RangeError {
  override readonly name = 'SliceTooLarge';
}

interface People {
  /** Name of a person's phone. */
  ofPerson(person: number): string;
  senderOf(message: number): number;
}

/** Watches one simulation. */
export class Gatherer implements Watcher, ObservationSink {
  readonly transfers: Transfer[] = [];
  readonly happenings: Happening[] = [];
  readonly stays: Stay[] = [];
  /** When each fault was over. */
  readonly endedAt = new Map<string, number>();
  /** Ids of the faults behind each token, once there is a simulation to ask. */
  causes: () => readonly (readonly string[])[] = () => [];
  readonly #options: SliceOptions;
  readonly #names: readonly string[];
  readonly #people: People;
  readonly #nodes: ReadonlySet<string> | undefined;

  constructor(options: SliceOptions, names: readonly string[], people: People) {
    this.#options = options;
    this.#names = names;
    this.#people = people;
    this.#nodes = options.nodes === undefined ? undefined : new Set(options.nodes);
  }

  took({ at, node, input, transit }: WatchedInput): void {
    const { message, from: earliest, most } = this.#options;
    const content = messageOf(input);
    if (transit === undefined || content === undefined || at < earliest) return;
    if (message !== undefined && !content.carries.some((carried) => (carried as number) === message)) return;
    const [from, to] = [this.#name(transit.from), this.#name(node)];
    if (!this.#isWanted(from) && !this.#isWanted(to)) return;
    if (this.transfers.length === most)
      throw new SliceTooLarge(
        `more than ${most} messages between nodes: choose a shorter time, some nodes, or one message`,
      );
    this.transfers.push({
      from,
      to,
      sentAt: transit.sentAt,
      takenAt: at,
      kind: content.kind,
      form: input.kind,
      carries: content.carries,
      legs: transit.legs.map(({ until, reason, cause }) => ({ until, reason, faults: this.#faults(cause) })),
    });
  }

  running(node: NodeIndex, at: Instant, isRunning: boolean, cause: CauseToken): void {
    // At the epoch everything starts, which says nothing.
    if (at > 0) this.#happened(at, this.#name(node), isRunning ? 'started' : 'stopped', undefined, cause);
  }

  record(observation: Observation): void {
    switch (observation.kind) {
      case 'sent':
      case 'resent':
      case 'accepted':
        return this.#bySender(observation, 0);
      case 'failed':
      case 'attempt-failed':
        return this.#bySender(observation, observation.cause);
      case 'duplicate':
        return this.#toRecipient(observation);
      case 'delivered':
        this.#toRecipient(observation);
        return this.#stayed(observation);
      case 'fault':
        if (!observation.active) this.endedAt.set(observation.fault, observation.at);
        return;
      default:
        return;
    }
  }

  #bySender(
    observation: { readonly kind: Happening['what']; readonly at: number; readonly message: number },
    cause: number,
  ): void {
    const node = this.#people.ofPerson(this.#people.senderOf(observation.message));
    this.#happened(observation.at, node, observation.kind, observation.message, cause);
  }

  #toRecipient(observation: {
    readonly kind: Happening['what'];
    readonly at: number;
    readonly message: number;
    readonly person: number;
  }): void {
    const node = this.#people.ofPerson(observation.person);
    this.#happened(observation.at, node, observation.kind, observation.message, 0);
  }

  #happened(
    at: number,
    node: string,
    what: Happening['what'],
    message: number | undefined,
    cause: number,
  ): void {
    const { from, message: wanted } = this.#options;
    if (at < from || !this.#isWanted(node)) return;
    if (wanted !== undefined && message !== undefined && message !== wanted) return;
    const faults = this.#faults(cause);
    this.happenings.push(
      message === undefined ? { at, node, what, faults } : { at, node, what, message, faults },
    );
  }

  #stayed({
    at,
    message,
    person,
    spans,
  }: {
    readonly at: number;
    readonly message: number;
    readonly person: number;
    readonly spans: readonly Span[];
  }): void {
    const { from, message: wanted } = this.#options;
    if (at < from || (wanted !== undefined && wanted !== message)) return;
    const stays = spans.map(({ start, end, holder, reason, cause }): Stay => ({
      message,
      recipient: person,
      start,
      end,
      holder: this.#name(holder),
      reason,
      faults: this.#faults(cause),
    }));
    if (stays.some(({ holder }) => this.#isWanted(holder))) this.stays.push(...stays);
  }

  #isWanted(node: string): boolean {
    return this.#nodes?.has(node) ?? true;
  }

  #name(node: NodeIndex): string {
    return present(this.#names[node], `name of node ${node}`);
  }

  #faults(cause: number): readonly string[] {
    return cause === 0 ? [] : (this.causes()[cause] ?? []);
  }
}
