// Fetching what lies between what a server has and an event it was sent: `get_missing_events`, at most ten, and only
// from the server that sent the event.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py (`_get_missing_events_for_pdu`).
import type { Effects, RequestResult, Tag } from '../../core.ts';
import type { Clock } from '../../time.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId, ServerName } from '../ids.ts';
import type { MatrixEvent } from '../event.ts';
import { Questions } from './questions.ts';
import { PulledEvents, type Pulled, type PullOptions } from './pulled-events.ts';

/** An event that was sent to this server and that cannot be judged by what is here. */
export interface PushedEvent extends Pulled {
  readonly origin: ServerName;
}

export class MissingEventsPull {
  readonly #context: HomeserverContext;
  readonly #room: HostedRoom;
  readonly #pushed: PushedEvent;
  readonly #tag: Tag;
  readonly #sources: readonly ServerName[];
  readonly #questions: Questions;
  /** Undefined until the first answer. */
  #pulled: PulledEvents | undefined;
  readonly #missingAtFirst: number;
  /** What comes before the event is judged: now it is its own turn. */
  #isLast = false;

  /** `tag` names the requests. */
  constructor(context: HomeserverContext, room: HostedRoom, pushed: PushedEvent, tag: Tag) {
    this.#context = context;
    this.#room = room;
    this.#pushed = pushed;
    this.#tag = tag;
    this.#missingAtFirst = room.missingPredecessors(pushed.signed.event).length;
    const { asksOtherServers } = context.config.profile;
    const others = asksOtherServers ? room.otherServers().filter((server) => server !== pushed.origin) : [];
    this.#sources = [pushed.origin, ...others];
    this.#questions = new Questions(context, this.#sources, tag);
  }

  /** True when nothing is asked for: the pull is over before it began. */
  begin(clock: Clock, out: Effects): boolean {
    const { event } = this.#pushed.signed;
    if (this.#room.missingPredecessors(event).length === 0) return this.#judge(clock, out);
    return !this.#askForMissing(clock, event, out) && this.#judge(clock, out);
  }

  /** True when the pull is over. */
  answered(clock: Clock, result: RequestResult, out: Effects): boolean {
    if (this.#pulled !== undefined)
      return this.#pulled.answered(clock, result, out) && (this.#isLast || this.#judge(clock, out));
    const answer = this.#questions.answered(clock, result, 'matrix.events', out);
    if (answer === 'asking') return false;
    if (answer?.kind !== 'matrix.events') return this.#judge(clock, out);
    this.#pulled = this.#pull('pulled');
    return this.#pulled.begin(clock, answer, out) && this.#judge(clock, out);
  }

  #pull(purpose: PullOptions['purpose']): PulledEvents {
    const options = { room: this.#room, sources: this.#sources, tag: this.#tag, purpose };
    return new PulledEvents(this.#context, options);
  }

  /** Judges the event itself, unless predecessors of it could not be had. True when that is done. */
  #judge(clock: Clock, out: Effects): boolean {
    this.#isLast = true;
    const stillMissing = this.#room.missingPredecessors(this.#pushed.signed.event).length;
    const { takesPushedBehindGap } = this.#context.config.profile;
    const mayBridge = takesPushedBehindGap && stillMissing < this.#missingAtFirst;
    if (stillMissing > 0 && !mayBridge) {
      out.observe({ kind: 'situation', name: 'matrix.federation.predecessors-missing' });
      this.#context.noteUnconnected(this.#pushed, 'predecessors-missing', out);
      return true;
    }
    this.#pulled = this.#pull('pushed');
    return this.#pulled.judge(clock, [this.#pushed], out);
  }

  /** False when the origin may not be asked. */
  #askForMissing(clock: Clock, event: MatrixEvent, out: Effects): boolean {
    const room = this.#room;
    const { missingEventsLimit, missingEventsTimeout } = this.#context.config.profile;
    if (event.depth <= room.minDepth) return false;
    out.observe({ kind: 'situation', name: 'matrix.federation.get-missing-events' });
    const tips = room.forwardExtremities().map(({ event: { eventId } }) => eventId);
    const seen = event.prevEvents.filter((id) => room.has(id));
    const { roomId, eventId } = event;
    return this.#questions.ask(
      clock,
      (about) => ({
        kind: 'matrix.get-missing-events',
        ...about,
        roomId,
        earliestEvents: [...new Set<EventId>([...tips, ...seen])],
        latestEvents: [eventId],
        limit: missingEventsLimit,
        minDepth: room.minDepth,
      }),
      missingEventsTimeout,
      out,
    );
  }
}
