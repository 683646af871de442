// Judging events that were fetched from another server, oldest first. Where predecessors are still missing the state
// before the gap is fetched from the same server: its ids, then the events of it that are not here.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py
// (`_process_pulled_event`, `_compute_event_context_with_maybe_missing_prevs`).
import { present } from '../../assert.ts';
import type { Address, Effects, RequestResult, Tag } from '../../core.ts';
import { carriesNothing, type UserMessageId } from '../../message.ts';
import type { Clock, Duration } from '../../time.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId, ServerName } from '../ids.ts';
import { asMatrix, type MatrixMessage } from '../messages.ts';
import { pairUserMessages } from '../user-messages.ts';
import { synapse } from './constants.ts';
import type { Events, FederationQuestion, Pdu, StateIds } from './messages.ts';
import { readPdu, type SignedPdu } from './pdu-checks.ts';

/** An event that was pulled, to be judged before the one that needs it. */
export interface Pulled {
  readonly signed: SignedPdu;
  readonly message: UserMessageId | undefined;
}

/** The state before the pulled event in hand, predecessor by predecessor. */
interface GapState {
  readonly pulled: Pulled;
  /** Missing predecessors whose state is not known yet. */
  readonly toAsk: EventId[];
  /** Ids of the state after each predecessor. */
  readonly states: EventId[][];
  /** The predecessor whose state was told. */
  current: ToldState | undefined;
}

interface ToldState {
  readonly predecessor: EventId;
  readonly stateIds: readonly EventId[];
  /** Most of it is missing here: it is fetched as a whole. */
  asksForWhole: boolean;
  /** Events that are still missing, the predecessor itself last. */
  wanted: EventId[];
}

/** Where fetched events come from and what they are for. */
export interface PullOptions {
  readonly room: HostedRoom;
  readonly source: ServerName;
  /** Tag of the requests that are made. */
  readonly tag: Tag;
  /** They fill a hole behind what is shown already. */
  readonly isHistory: boolean;
}

export class PulledEvents {
  readonly #context: HomeserverContext;
  readonly #room: HostedRoom;
  readonly #source: ServerName;
  readonly #tag: Tag;
  readonly #isHistory: boolean;
  /** Not judged yet, by depth. */
  #pulled: Pulled[] = [];
  #gap: GapState | undefined;

  constructor(context: HomeserverContext, options: PullOptions) {
    this.#context = context;
    this.#room = options.room;
    this.#source = options.source;
    this.#tag = options.tag;
    this.#isHistory = options.isHistory;
  }

  /** Takes the events of an answer. True when all are judged; otherwise more is being fetched. */
  begin(clock: Clock, answer: Events, out: Effects): boolean {
    pairUserMessages(answer.pdus, answer.carries, typeOf, (pdu, message) => {
      const read = readPdu(this.#context, pdu, this.#room);
      if (!read.ok) out.observe({ kind: 'situation', name: `matrix.pdu.${read.rule}` });
      else this.#pulled.push({ signed: read.value, message });
    });
    this.#pulled.sort((left, right) => left.signed.event.depth - right.signed.event.depth);
    return this.#advance(clock, out);
  }

  /** The answer to one of its requests. True when all events are judged. */
  answered(clock: Clock, result: RequestResult, out: Effects): boolean {
    const message = result.ok ? asMatrix(result.message) : undefined;
    if (this.#gap !== undefined && !this.#gapAnswered(this.#gap, message, out))
      this.#giveUpOn(this.#gap, out);
    return this.#advance(clock, out);
  }

  /** Judges pulled events until one needs more to be fetched. True when all are done. */
  #advance(clock: Clock, out: Effects): boolean {
    for (;;) {
      if (this.#gap === undefined) {
        const next = this.#pulled.shift();
        if (next === undefined) return true;
        const { event } = next.signed;
        if (this.#room.has(event.eventId)) continue;
        const missing = this.#room.missingPredecessors(event);
        if (missing.length === 0) {
          this.#take(clock, next, undefined, out);
          continue;
        }
        out.observe({ kind: 'situation', name: 'matrix.federation.gap' });
        this.#gap = { pulled: next, toAsk: [...missing], states: [], current: undefined };
      }
      if (this.#fetchNext(this.#gap, out)) return false;
      const { pulled: behindGap, states } = this.#gap;
      this.#gap = undefined;
      this.#take(clock, behindGap, states, out);
    }
  }

  /** Asks for the next thing that the state before a gap needs; false when nothing more is needed. */
  #fetchNext(gap: GapState, out: Effects): boolean {
    const { config } = this.#context;
    const about = { origin: config.serverName, destination: this.#source, carries: carriesNothing };
    const { roomId } = this.#room;
    const told = gap.current;
    if (told !== undefined) {
      const [wanted] = told.wanted;
      if (told.asksForWhole) {
        const eventId = told.predecessor;
        this.#ask({ kind: 'matrix.get-state', ...about, roomId, eventId }, synapse.stateTimeout, out);
        return true;
      }
      if (wanted !== undefined) {
        this.#ask({ kind: 'matrix.get-event', ...about, eventId: wanted }, synapse.missingEventsTimeout, out);
        return true;
      }
      gap.states.push(this.#room.stateAfter(told.stateIds, told.predecessor));
      gap.current = undefined;
    }
    const [predecessor] = gap.toAsk;
    if (predecessor === undefined) return false;
    this.#ask(
      { kind: 'matrix.get-state-ids', ...about, roomId, eventId: predecessor },
      synapse.stateTimeout,
      out,
    );
    return true;
  }

  /** False when the gap cannot be bridged. */
  #gapAnswered(gap: GapState, answer: MatrixMessage | undefined, out: Effects): boolean {
    const told = gap.current;
    if (told === undefined) {
      if (answer?.kind !== 'matrix.state-ids') return false;
      this.#stateIdsCame(gap, answer);
    } else if (told.asksForWhole) {
      told.asksForWhole = false;
      if (answer?.kind === 'matrix.state') {
        for (const pdu of [...answer.authChain, ...answer.pdus]) this.#outlierCame(pdu, out);
        told.wanted = told.wanted.filter((id) => !this.#room.holds(id));
      }
    } else {
      // A single event that cannot be had is left out of the state, as Synapse does.
      told.wanted.shift();
      const [pdu] = answer?.kind === 'matrix.events' ? answer.pdus : [];
      if (pdu !== undefined) this.#outlierCame(pdu, out);
    }
    return true;
  }

  #stateIdsCame(gap: GapState, { pduIds, authChainIds }: StateIds): void {
    const predecessor = present(gap.toAsk.shift(), 'predecessor asked for');
    const missing = [...new Set([...authChainIds, ...pduIds])].filter((id) => !this.#room.holds(id));
    const mostIsMissing = missing.length > 0 && missing.length * 10 >= pduIds.length + authChainIds.length;
    gap.current = {
      predecessor,
      stateIds: pduIds,
      asksForWhole: mostIsMissing,
      wanted: [...missing, predecessor],
    };
  }

  #outlierCame(pdu: Pdu, out: Effects): void {
    const read = readPdu(this.#context, pdu, this.#room);
    if (read.ok && !this.#room.holds(read.value.event.eventId))
      this.#context.takeOutlier(this.#room, read.value.event, out);
  }

  #giveUpOn(gap: GapState, out: Effects): void {
    out.observe({ kind: 'situation', name: 'matrix.federation.pull-failed' });
    this.#gap = undefined;
    // What builds on the event cannot be connected either.
    const { eventId } = gap.pulled.signed.event;
    this.#pulled = this.#pulled.filter(({ signed }) => !signed.event.prevEvents.includes(eventId));
  }

  #take(
    clock: Clock,
    { signed, message }: Pulled,
    givenStates: readonly (readonly EventId[])[] | undefined,
    out: Effects,
  ): void {
    const arrival = { event: signed.event, message, isHistory: this.#isHistory, givenStates };
    this.#context.take(clock, this.#room, arrival, out);
  }

  #ask(question: FederationQuestion, timeout: Duration, out: Effects): void {
    out.request(this.#source as string as Address, this.#tag, question, { timeout });
  }
}

function typeOf({ pdu }: Pdu): string {
  return typeof pdu['type'] === 'string' ? pdu['type'] : '';
}
