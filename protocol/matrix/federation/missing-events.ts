// Fetching what lies between what a server has and an event it was sent: `get_missing_events`, at most ten, and only
// from the server that sent the event.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py (`_get_missing_events_for_pdu`).
import type { Address, Effects, RequestResult, Tag } from '../../core.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId, ServerName } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import type { MatrixEvent } from '../event.ts';
import { synapse } from './constants.ts';
import type { GetMissingEvents } from './messages.ts';
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
  /** Undefined until the first answer. */
  #pulled: PulledEvents | undefined;
  /** What comes before the event is judged: now it is its own turn. */
  #isLast = false;

  /** `tag` names the requests. */
  constructor(context: HomeserverContext, room: HostedRoom, pushed: PushedEvent, tag: Tag) {
    this.#context = context;
    this.#room = room;
    this.#pushed = pushed;
    this.#tag = tag;
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
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind !== 'matrix.events') return this.#judge(clock, out);
    this.#pulled = this.#pull('pulled');
    return this.#pulled.begin(clock, answer, out) && this.#judge(clock, out);
  }

  #pull(purpose: PullOptions['purpose']): PulledEvents {
    const sources = [this.#pushed.origin];
    return new PulledEvents(this.#context, { room: this.#room, sources, tag: this.#tag, purpose });
  }

  /** Judges the event itself, unless predecessors of it could not be had. True when that is done. */
  #judge(clock: Clock, out: Effects): boolean {
    this.#isLast = true;
    if (this.#room.missingPredecessors(this.#pushed.signed.event).length > 0) {
      out.observe({ kind: 'situation', name: 'matrix.federation.predecessors-missing' });
      return true;
    }
    this.#pulled = this.#pull('pushed');
    return this.#pulled.judge(clock, [this.#pushed], out);
  }

  /** False when the origin may not be asked. */
  #askForMissing(clock: Clock, event: MatrixEvent, out: Effects): boolean {
    const room = this.#room;
    const { origin } = this.#pushed;
    if (event.depth <= room.minDepth || !this.#context.sender.mayAsk(clock, origin)) return false;
    out.observe({ kind: 'situation', name: 'matrix.federation.get-missing-events' });
    const tips = room.forwardExtremities().map(({ event: { eventId } }) => eventId);
    const seen = event.prevEvents.filter((id) => room.has(id));
    const question: GetMissingEvents = {
      kind: 'matrix.get-missing-events',
      origin: this.#context.config.serverName,
      destination: origin,
      roomId: event.roomId,
      earliestEvents: [...new Set<EventId>([...tips, ...seen])],
      latestEvents: [event.eventId],
      limit: synapse.missingEventsLimit,
      minDepth: room.minDepth,
      carries: carriesNothing,
    };
    out.request(origin as string as Address, this.#tag, question, {
      timeout: synapse.missingEventsTimeout,
    });
    return true;
  }
}
