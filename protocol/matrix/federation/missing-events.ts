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
import { PulledEvents } from './pulled-events.ts';

export class MissingEventsPull {
  readonly #context: HomeserverContext;
  readonly #room: HostedRoom;
  readonly #event: MatrixEvent;
  readonly #origin: ServerName;
  readonly #tag: Tag;
  /** Undefined until the first answer. */
  #pulled: PulledEvents | undefined;

  /** For an event that `origin` sent; `tag` names the requests. */
  constructor(
    context: HomeserverContext,
    room: HostedRoom,
    event: MatrixEvent,
    origin: ServerName,
    tag: Tag,
  ) {
    this.#context = context;
    this.#room = room;
    this.#event = event;
    this.#origin = origin;
    this.#tag = tag;
  }

  /** True when nothing is asked for: the pull is over before it began. */
  begin(clock: Clock, out: Effects): boolean {
    const event = this.#event;
    const room = this.#room;
    if (event.depth <= room.minDepth || !this.#context.sender.mayAsk(clock, this.#origin)) return true;
    out.observe({ kind: 'situation', name: 'matrix.federation.get-missing-events' });
    const tips = room.forwardExtremities().map(({ event: { eventId } }) => eventId);
    const seen = event.prevEvents.filter((id) => room.has(id));
    const question: GetMissingEvents = {
      kind: 'matrix.get-missing-events',
      origin: this.#context.config.serverName,
      destination: this.#origin,
      roomId: event.roomId,
      earliestEvents: [...new Set<EventId>([...tips, ...seen])],
      latestEvents: [event.eventId],
      limit: synapse.missingEventsLimit,
      minDepth: room.minDepth,
      carries: carriesNothing,
    };
    out.request(this.#origin as string as Address, this.#tag, question, {
      timeout: synapse.missingEventsTimeout,
    });
    return false;
  }

  /** True when the pull is over. */
  answered(clock: Clock, result: RequestResult, out: Effects): boolean {
    if (this.#pulled !== undefined) return this.#pulled.answered(clock, result, out);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind !== 'matrix.events') return true;
    const options = { room: this.#room, source: this.#origin, tag: this.#tag, isHistory: false };
    this.#pulled = new PulledEvents(this.#context, options);
    return this.#pulled.begin(clock, answer, out);
  }
}
