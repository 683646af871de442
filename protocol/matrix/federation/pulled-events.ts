// Judging events that were fetched from another server, oldest first. Where predecessors are still missing the state
// before the gap is fetched, where authorities are missing their chain is.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py (`_process_pulled_events`,
// `_load_or_fetch_auth_events_for_event`).
import type { Effects, RequestResult, Tag } from '../../core.ts';
import type { UserMessageId } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { Arrival, HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { ServerName } from '../ids.ts';
import { pairUserMessages } from '../user-messages.ts';
import { GapState, type GapProgress } from './gap-state.ts';
import { typeOf, type Events } from './messages.ts';
import { takeOutliers } from './outliers.ts';
import { takeIn, type SignedPdu } from './pdu-checks.ts';
import { Questions } from './questions.ts';
import type { RefusalReason } from './refused-events.ts';

/** An event that was pulled, to be judged before the one that needs it. */
export interface Pulled {
  readonly signed: SignedPdu;
  readonly message: UserMessageId | undefined;
}

/** Where fetched events come from and what they are for. */
export interface PullOptions {
  readonly room: HostedRoom;
  /** Servers that are asked for what they rest on, one after the other. */
  readonly sources: readonly ServerName[];
  /** Tag of the requests that are made. */
  readonly tag: Tag;
  /**
   * `pushed`: sent to this server, and their predecessors are here; `pulled`: fetched because one that was pushed needs
   * them; `history`: they fill a hole behind what is shown already.
   */
  readonly purpose: 'pushed' | 'pulled' | 'history';
}

/** The event in hand. */
interface InHand {
  readonly pulled: Pulled;
  /** Undefined when all its predecessors are here. */
  readonly gap: GapState | undefined;
  /** Its authorities have been asked for: what is missing now cannot be had. */
  askedForAuthorities: boolean;
}

export class PulledEvents {
  readonly #context: HomeserverContext;
  readonly #options: PullOptions;
  readonly #questions: Questions;
  /** Not judged yet, by depth. */
  #pulled: Pulled[] = [];
  #inHand: InHand | undefined;

  constructor(context: HomeserverContext, options: PullOptions) {
    this.#context = context;
    this.#options = options;
    this.#questions = new Questions(context, options.sources, options.tag);
  }

  /** Takes the events of an answer. True when all are judged; otherwise more is being fetched. */
  begin(clock: Clock, answer: Events, out: Effects): boolean {
    const { room } = this.#options;
    const pulled: Pulled[] = [];
    pairUserMessages(answer.pdus, answer.carries, typeOf, ({ pdu, byteLength }, message) => {
      const read = takeIn(this.#context, { pdu, byteLength, message }, out, room);
      if (read.ok) pulled.push({ signed: read.value, message });
    });
    return this.judge(clock, pulled, out);
  }

  /** Takes events that were read already. True when all are judged. */
  judge(clock: Clock, pulled: readonly Pulled[], out: Effects): boolean {
    const { pullFailures } = this.#context;
    const failedBefore = ({ signed: { event } }: Pulled): number => (pullFailures.has(event.eventId) ? 1 : 0);
    // Those that failed before come last: Synapse has them judged in the background.
    this.#pulled = pulled.toSorted(
      (left, right) =>
        failedBefore(left) - failedBefore(right) || left.signed.event.depth - right.signed.event.depth,
    );
    return this.#advance(clock, out);
  }

  /** The answer to one of its requests. True when all events are judged. */
  answered(clock: Clock, result: RequestResult, out: Effects): boolean {
    const inHand = this.#inHand;
    if (inHand === undefined) return this.#advance(clock, out);
    if (inHand.askedForAuthorities) {
      const answer = this.#questions.answered(clock, result, 'matrix.auth-chain', out);
      if (answer === 'asking') return false;
      if (answer?.kind === 'matrix.auth-chain')
        takeOutliers(this.#context, this.#options.room, answer.authChain, out);
      return this.#finish(clock, inHand, out) && this.#advance(clock, out);
    }
    const progress = inHand.gap?.answered(clock, result, out) ?? 'done';
    return this.#gapWent(clock, inHand, progress, out) && this.#advance(clock, out);
  }

  /** Judges pulled events until one needs more to be fetched. True when all are done. */
  #advance(clock: Clock, out: Effects): boolean {
    const { room } = this.#options;
    for (;;) {
      const pulled = this.#pulled.shift();
      if (pulled === undefined) return true;
      const { event } = pulled.signed;
      if (room.has(event.eventId)) continue;
      const missing = room.missingPredecessors(event);
      if (missing.some((id) => this.#context.pullFailures.isWaiting(clock, id))) {
        out.observe({ kind: 'situation', name: 'matrix.federation.pull-backoff' });
        this.#context.noteUnconnected(pulled, 'predecessors-missing', out);
        continue;
      }
      const gap =
        missing.length === 0 ? undefined : new GapState(this.#context, room, missing, this.#questions);
      if (gap !== undefined) out.observe({ kind: 'situation', name: 'matrix.federation.gap' });
      this.#inHand = { pulled, gap, askedForAuthorities: false };
      const progress = gap?.begin(clock, out) ?? 'done';
      if (!this.#gapWent(clock, this.#inHand, progress, out)) return false;
    }
  }

  /** True when the event in hand is dealt with. */
  #gapWent(clock: Clock, inHand: InHand, progress: GapProgress, out: Effects): boolean {
    if (progress === 'asking') return false;
    if (progress === 'done') return this.#finish(clock, inHand, out);
    this.#fail(clock, inHand, 'state-unknown', out);
    return true;
  }

  /** Judges the event in hand, once its authorities are here. True when it is dealt with. */
  #finish(clock: Clock, inHand: InHand, out: Effects): boolean {
    const { room, purpose } = this.#options;
    const { signed, message } = inHand.pulled;
    const { event } = signed;
    if (room.missingAuthorities(event).length > 0) {
      const { roomId, eventId } = event;
      const asks =
        !inHand.askedForAuthorities &&
        this.#questions.ask(
          clock,
          (about) => ({ kind: 'matrix.get-event-auth', ...about, roomId, eventId }),
          this.#context.config.profile.authChainTimeout,
          out,
        );
      inHand.askedForAuthorities = true;
      if (asks) return false;
      this.#fail(clock, inHand, 'authority-missing', out);
      return true;
    }
    this.#inHand = undefined;
    const receipt = purpose === 'history' ? purpose : 'new';
    const arrival: Arrival = { event, message, receipt, givenStates: inHand.gap?.states };
    this.#context.take(clock, room, arrival, out);
    this.#context.pullFailures.forget(event.eventId, out);
    return true;
  }

  #fail(clock: Clock, { pulled }: InHand, reason: RefusalReason, out: Effects): void {
    this.#inHand = undefined;
    out.observe({ kind: 'situation', name: `matrix.federation.${reason}` });
    this.#context.noteUnconnected(pulled, reason, out);
    if (!this.#context.config.profile.leavesVainPulls) this.#pulled = [];
    else if (this.#options.purpose !== 'pushed')
      this.#context.pullFailures.record(clock, pulled.signed.event.eventId, out);
  }
}
