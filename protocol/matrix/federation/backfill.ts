// History that this server never had, fetched when somebody scrolls to it: `/messages` near a gap asks the servers of the
// room one after the other. Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/federation.py.
import type { Address, Effects, RequestId, RequestResult, Tag } from '../../core.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { GetMessages } from '../client-messages.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId, RoomId, ServerName } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import { synapse } from './constants.ts';
import type { GetBackfill } from './messages.ts';
import { patience } from './patience.ts';
import { PulledEvents } from './pulled-events.ts';

/** A client's request for a page that waits for history. */
export interface WaitingPage {
  readonly request: RequestId;
  readonly question: GetMessages;
}

interface Backfill {
  readonly room: HostedRoom;
  readonly from: readonly EventId[];
  readonly servers: ServerName[];
  readonly waiting: WaitingPage[];
  pulled: PulledEvents | undefined;
}

const tagPrefix = 'backfill/';

export class Backfiller {
  readonly #context: HomeserverContext;
  readonly #rooms = new Map<RoomId, Backfill>();

  constructor(context: HomeserverContext) {
    this.#context = context;
  }

  /** Whether the page waits: it ends near a gap that other servers may fill. */
  hold(clock: Clock, room: HostedRoom, page: WaitingPage, lowestDepth: number, out: Effects): boolean {
    const running = this.#rooms.get(room.roomId);
    if (running !== undefined) {
      running.waiting.push(page);
      return true;
    }
    const from = room.missingBehind(lowestDepth);
    if (from.length === 0) return false;
    const servers = room.otherServers().filter((server) => this.#context.sender.mayAsk(clock, server));
    const backfill: Backfill = { room, from, servers: [...servers], waiting: [page], pulled: undefined };
    if (!this.#ask(backfill, out)) return false;
    this.#rooms.set(room.roomId, backfill);
    return true;
  }

  /** Pages that can be answered now; undefined when the answer was to something else. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): readonly WaitingPage[] | undefined {
    if (!tag.startsWith(tagPrefix)) return undefined;
    const backfill = this.#rooms.get(tag.slice(tagPrefix.length) as RoomId);
    if (backfill === undefined) return [];
    const isOver = this.#advance(clock, backfill, result, out);
    if (!isOver) return [];
    this.#rooms.delete(backfill.room.roomId);
    return backfill.waiting;
  }

  #advance(clock: Clock, backfill: Backfill, result: RequestResult, out: Effects): boolean {
    if (backfill.pulled !== undefined) return backfill.pulled.answered(clock, result, out);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    const [source] = backfill.servers;
    if (source !== undefined) this.#context.sender.questionEnded(clock, source, result, out);
    // A Synapse takes an answer without events for one, and asks nobody else (`try_backfill`).
    const { asksOtherServers } = this.#context.config.profile;
    const isAnswer = answer?.kind === 'matrix.events' && (answer.pdus.length > 0 || !asksOtherServers);
    if (!isAnswer || source === undefined) {
      backfill.servers.shift();
      return !this.#ask(backfill, out);
    }
    const { room } = backfill;
    const tag = tagPrefix + room.roomId;
    backfill.pulled = new PulledEvents(this.#context, { room, sources: [source], tag, purpose: 'history' });
    return backfill.pulled.begin(clock, answer, out);
  }

  /** Asks the next server; false when none is left. */
  #ask({ room, from, servers }: Backfill, out: Effects): boolean {
    const [destination] = servers;
    if (destination === undefined) return false;
    out.observe({ kind: 'situation', name: 'matrix.federation.backfill' });
    const question: GetBackfill = {
      kind: 'matrix.get-backfill',
      origin: this.#context.config.serverName,
      destination,
      roomId: room.roomId,
      from,
      limit: synapse.backfillLimit,
      carries: carriesNothing,
    };
    const to = destination as string as Address;
    const { profile } = this.#context.config;
    out.request(to, tagPrefix + room.roomId, question, patience(profile, profile.backfillTimeout));
    return true;
  }
}
