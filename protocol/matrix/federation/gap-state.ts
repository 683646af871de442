// The state before an event some of whose predecessors are missing, as other servers tell it: for each of them the ids of
// the state there, then the events of it that are not here, one by one or as a whole.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation_event.py
// (`_compute_event_context_with_maybe_missing_prevs`, `_get_state_ids_after_missing_prev_event`).
import type { Effects, RequestResult } from '../../core.ts';
import type { UserMessageId } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId } from '../ids.ts';
import type { MatrixMessage } from '../messages.ts';
import type { Pdu, StateIds } from './messages.ts';
import { takeOutliers } from './outliers.ts';
import type { Questions } from './questions.ts';

/** `done`: the states are known. `failed`: one of them cannot be had, and so the event has no place here. */
export type GapProgress = 'asking' | 'done' | 'failed';

/** The state before one missing predecessor, as far as it has come. */
interface ToldState {
  readonly predecessor: EventId;
  readonly stateIds: readonly EventId[];
  /** What is asked for now: everything, or the first of the events that are wanted. */
  step: 'whole' | 'single';
  wanted: readonly EventId[];
  /** Single events that came, and the user messages that came with them. */
  readonly came: Pdu[];
  readonly carries: UserMessageId[];
}

export class GapState {
  /** Ids of the state after each missing predecessor. */
  readonly states: (readonly EventId[])[] = [];
  readonly #context: HomeserverContext;
  readonly #room: HostedRoom;
  readonly #questions: Questions;
  readonly #toAsk: EventId[];
  #told: ToldState | undefined;

  constructor(
    context: HomeserverContext,
    room: HostedRoom,
    missing: readonly EventId[],
    questions: Questions,
  ) {
    this.#context = context;
    this.#room = room;
    this.#questions = questions;
    this.#toAsk = [...missing];
  }

  begin(clock: Clock, out: Effects): GapProgress {
    const [eventId] = this.#toAsk;
    if (eventId === undefined) return 'done';
    const { roomId } = this.#room;
    const asks = this.#questions.ask(
      clock,
      (about) => ({ kind: 'matrix.get-state-ids', ...about, roomId, eventId }),
      this.#context.config.profile.stateIdsTimeout,
      out,
    );
    return asks ? 'asking' : 'failed';
  }

  answered(clock: Clock, result: RequestResult, out: Effects): GapProgress {
    const told = this.#told;
    const expected =
      told === undefined ? 'matrix.state-ids' : told.step === 'whole' ? 'matrix.state' : 'matrix.events';
    const answer = this.#questions.answered(clock, result, expected, out);
    if (answer === 'asking') return answer;
    if (told === undefined) {
      if (answer?.kind !== 'matrix.state-ids') return 'failed';
      return this.#fetch(clock, this.#stateIdsCame(answer), out);
    }
    return told.step === 'whole'
      ? this.#wholeCame(clock, told, answer, out)
      : this.#singleCame(clock, told, answer, out);
  }

  #stateIdsCame({ pduIds, authChainIds }: StateIds): ToldState {
    const predecessor = this.#toAsk.shift() as EventId;
    // Synapse has them in a set, in no order; where single events fail, this order shows best what comes of it.
    const missing = [
      ...new Set([[predecessor], pduIds, authChainIds].flatMap((ids) => this.#room.unheld(ids))),
    ];
    const { profile } = this.#context.config;
    const isPredecessorMissing = !this.#room.holds(predecessor);
    const isMuch = profile.asksForWholeState({
      ofTold: missing.length - (isPredecessorMissing ? 1 : 0),
      isPredecessorMissing,
      told: pduIds.length + authChainIds.length,
    });
    const step = isMuch ? 'whole' : 'single';
    this.#told = {
      predecessor,
      stateIds: pduIds,
      step,
      wanted: isMuch ? [] : missing,
      came: [],
      carries: [],
    };
    return this.#told;
  }

  #fetch(clock: Clock, told: ToldState, out: Effects): GapProgress {
    const { roomId } = this.#room;
    if (told.step === 'whole') {
      const eventId = told.predecessor;
      const asks = this.#questions.ask(
        clock,
        (about) => ({ kind: 'matrix.get-state', ...about, roomId, eventId }),
        this.#context.config.profile.stateTimeout,
        out,
      );
      return asks ? 'asking' : 'failed';
    }
    const [eventId] = told.wanted;
    if (eventId === undefined) return this.#settle(clock, told, out);
    const asks = this.#questions.ask(
      clock,
      (about) => ({ kind: 'matrix.get-event', ...about, eventId }),
      this.#context.config.profile.eventTimeout,
      out,
    );
    return asks ? 'asking' : this.#settle(clock, told, out);
  }

  #wholeCame(clock: Clock, told: ToldState, answer: MatrixMessage | undefined, out: Effects): GapProgress {
    if (answer?.kind !== 'matrix.state') return 'failed';
    takeOutliers(this.#context, this.#room, [...answer.authChain, ...answer.pdus], out);
    // The predecessor itself is not part of the state before it.
    told.step = 'single';
    told.wanted = this.#room.holds(told.predecessor) ? [] : [told.predecessor];
    return this.#fetch(clock, told, out);
  }

  /** A single event that cannot be had is left out of the state. */
  #singleCame(clock: Clock, told: ToldState, answer: MatrixMessage | undefined, out: Effects): GapProgress {
    told.wanted = told.wanted.slice(1);
    if (answer?.kind === 'matrix.events') {
      told.came.push(...answer.pdus);
      told.carries.push(...answer.carries);
      this.#context.holdOutside(this.#room.roomId, answer.carries, out);
    } else out.observe({ kind: 'situation', name: 'matrix.federation.state-event-missing' });
    return this.#fetch(clock, told, out);
  }

  #settle(clock: Clock, told: ToldState, out: Effects): GapProgress {
    takeOutliers(this.#context, this.#room, told.came, out, told.carries);
    this.#told = undefined;
    if (!this.#room.holds(told.predecessor)) return 'failed';
    const isComplete = this.#room.unheld(told.stateIds).length === 0;
    if (!isComplete) out.observe({ kind: 'situation', name: 'matrix.federation.incomplete-state' });
    if (!isComplete && !this.#context.config.profile.takesIncompleteStates) return 'failed';
    this.states.push(this.#room.stateAfter(told.stateIds, told.predecessor));
    return this.begin(clock, out);
  }
}
