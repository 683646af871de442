// A small world of servers with one room, played from a recipe: who sends what, what its server cites, which events reach
// whom in which order, and what a server takes for the state where history is missing. Every server is a real Room.
import { present } from '../../../protocol/assert.ts';
import { powerLevelsKey } from '../../../protocol/matrix/auth-state.ts';
import { authEventKeys } from '../../../protocol/matrix/auth-events.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { EventId, RoomId } from '../../../protocol/matrix/ids.ts';
import { Room, type Receipt } from '../../../protocol/matrix/room.ts';
import type { RoomVerdict } from '../../../protocol/matrix/room-verdict.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { otherRoom } from './other-room.ts';
import { chosen, levels, openings, stepKinds, type RoomRecipe, type RoomStep } from './recipe.ts';
import { eventOfSketch, sketchedId, sketchedRoomId, sketchOf, type Sketch } from './sketched-event.ts';
import { saidIn, type Said } from './step-events.ts';

/** One server's view of the room. */
export interface SmallServer {
  readonly name: string;
  readonly room: Room;
  /** It has judged an event by a state that another server told, or that it had itself for want of better. */
  hasGap: boolean;
}

/** Told what the servers make of events. */
export interface RoomWatcher {
  /** A server is about to judge an event whose predecessors it has. */
  readonly onReceipt?: (event: MatrixEvent, server: SmallServer) => void;
  /** A server has judged an event for the first time, or refused to send it. */
  readonly onVerdict?: (verdict: RoomVerdict, event: MatrixEvent, server: SmallServer) => void;
}

const names = ['alice', 'bob', 'carol', 'dan', 'erin', 'frank', 'grace', 'heidi'] as const;
const serverNames = ['one', 'two', 'three', 'four', 'five'] as const;
/** Ticks between two steps, so that clocks can be off by less than a step. */
const ticksPerStep = 10;

/** The room of a recipe as it is played. */
export class RoomWorld {
  readonly rules: RoomVersionRules;
  readonly servers: readonly SmallServer[];
  readonly users: readonly string[];
  readonly roomId: RoomId;
  readonly #events: MatrixEvent[] = [];
  readonly #byId = new Map<EventId, MatrixEvent>();
  /** Events of another room, by state map key, for those who cite what is none of theirs. */
  readonly #others: ReadonlyMap<string, MatrixEvent>;
  readonly #recipe: RoomRecipe;
  readonly #opening: (typeof openings)[number];
  readonly #watcher: RoomWatcher;
  #ticks = 0;

  /** `odd` are rules by which the last server goes, where it is to differ from the others. */
  constructor(
    recipe: RoomRecipe,
    rules: RoomVersionRules,
    watcher: RoomWatcher = {},
    odd: RoomVersionRules = rules,
  ) {
    this.#recipe = recipe;
    this.rules = rules;
    this.#watcher = watcher;
    this.#opening = chosen(openings, recipe.opening ?? 0);
    this.roomId =
      this.#opening === 'at another server' && !rules.roomIdIsCreateEvent
        ? ('!room:elsewhere.example' as RoomId)
        : sketchedRoomId(rules);
    this.servers = serverNames.slice(0, Math.max(1, recipe.servers)).map((name, index, { length }) => ({
      name: `${name}.example`,
      room: new Room({ rules: index === length - 1 ? odd : rules, roomId: this.roomId }),
      hasGap: false,
    }));
    this.users = names
      .slice(0, Math.max(1, recipe.users))
      .map((name, index) => `@${name}:${chosen(this.servers, index).name}`);
    this.#others = otherRoom(present(this.users[0], 'a creator'), rules);
    for (const event of this.#others.values()) this.#byId.set(event.eventId, event);
  }

  /** Every event that was ever sent, causes first. */
  get events(): readonly MatrixEvent[] {
    return this.#events;
  }

  readonly find = (id: EventId): MatrixEvent | undefined => this.#byId.get(id);

  /** The room from its creation to the last step. */
  play(): void {
    this.#begin();
    for (const step of this.#recipe.steps) this.#take(step);
  }

  /** Everything that a server knows reaches every other, until nothing is left to tell. */
  heal(): void {
    for (const target of this.servers)
      for (const source of this.servers) if (source !== target) this.#deliver(source, target, Infinity);
  }

  /** The creator's room as clients make it, with everybody in it, known to every server. */
  #begin(): void {
    const creator = present(this.users[0], 'a creator');
    const say = (said: Partial<Said>, sender = creator): void =>
      this.#send({ type: '', stateKey: '', content: {}, ...said, sender }, {}, 'own');
    this.#create(creator);
    say({ type: 'm.room.member', stateKey: creator, content: { membership: 'join' } });
    say({ type: 'm.room.power_levels', content: { users: this.#levelsOfUsers() } });
    say({ type: 'm.room.join_rules', content: { join_rule: 'public' } });
    const others = this.users.slice(1);
    for (const user of others) {
      const server = this.#serverOf(user);
      this.#deliver(chosen(this.servers, 0), server, Infinity);
      say({ type: 'm.room.member', stateKey: user, content: { membership: 'join' } }, user);
      this.#deliver(server, chosen(this.servers, 0), Infinity);
    }
    this.heal();
  }

  /** The create event; one that is wrong is sent by somebody whose server does not mind. */
  #create(creator: string): void {
    const { rules } = this;
    const opening = this.#opening;
    const content: JsonObject = {
      room_version: opening === 'of no version' ? 'unheard-of' : rules.id,
      ...(rules.creatorIsSender || opening === 'without creator' ? {} : { creator }),
      ...(opening === 'for one server' ? { 'm.federate': false } : {}),
      ...(opening === 'with a nameless creator' ? { additional_creators: ['nobody'] } : {}),
    };
    const isWrong = opening !== 'as usual' && opening !== 'for one server';
    const namesRoom = opening === 'at another server' && rules.roomIdIsCreateEvent;
    const create = { type: 'm.room.create', stateKey: '', content, sender: creator };
    this.#send(create, {}, isWrong ? 'new' : 'own', namesRoom);
  }

  #levelsOfUsers(): JsonObject {
    const entries = this.users.map((user, index): [string, number] => [
      user,
      index === 0 ? 100 : chosen(levels, this.#recipe.powers[index] ?? 0),
    ]);
    return Object.fromEntries(this.rules.creatorsHaveInfinitePower ? entries.slice(1) : entries);
  }

  #serverOf(user: string): SmallServer {
    return chosen(this.servers, this.users.indexOf(user));
  }

  #take(step: RoomStep): void {
    this.#ticks += ticksPerStep;
    const kind = chosen(stepKinds, step.kind);
    if (kind === 'sync' || kind === 'tips-only') {
      const source = chosen(this.servers, step.who);
      const target = chosen(this.servers, step.whom);
      if (source !== target)
        this.#deliver(source, target, kind === 'sync' ? Infinity : 1 + (step.value % 3), step.value);
      return;
    }
    const sender = chosen(this.users, step.who);
    const { room } = this.#serverOf(sender);
    const powerLevels = room.authState(room.currentState)(powerLevelsKey)?.content ?? {};
    const eventIds = this.#events.map(({ eventId }) => eventId);
    const said = saidIn(step, sender, { users: this.users, powerLevels, eventIds });
    if (said === undefined) return;
    this.#send(said, step, step.forced === 1 ? 'new' : 'own');
  }

  #send(said: Said, step: Partial<RoomStep>, receipt: Receipt, namesRoom = false): void {
    const server = this.#serverOf(said.sender);
    const { prevEvents, authEvents, depth } = this.#referencesOf(said, server, step);
    const isCreate = said.type === 'm.room.create' && this.rules.roomIdIsCreateEvent;
    const sketch: Sketch = {
      ...(isCreate && !namesRoom ? {} : { roomId: this.roomId }),
      ...said,
      prevEvents,
      authEvents,
      depth,
      originServerTs: Math.max(0, this.#ticks + (step.skew ?? 0)),
    };
    const name = this.#events.length === 0 ? 'create' : `e${this.#events.length}`;
    const made = eventOfSketch(sketch, sketchedId(name, said.sender, this.rules), this.rules);
    if (!made.ok || made.value.roomId !== this.roomId) return;
    const event = made.value;
    for (const id of authEvents) {
      const other = this.#byId.get(id);
      if (other !== undefined && other.roomId !== this.roomId) this.#holdOutlier(other, server.room);
    }
    // What a server cites it holds; only a forged choice of authority may name what it does not.
    if (server.room.missingAuthEvents(event).length > 0) return;
    this.#watcher.onReceipt?.(event, server);
    const verdict = server.room.receive(asSeenIn(server.room, event), receipt);
    this.#note(verdict, event, server);
    if (receipt === 'own' && verdict.kind !== 'accepted') return;
    this.#byId.set(event.eventId, event);
    this.#events.push(event);
  }

  #referencesOf(
    said: Said,
    { room }: SmallServer,
    { back = 0, cite = 0 }: Partial<RoomStep>,
  ): { prevEvents: readonly EventId[]; authEvents: readonly EventId[]; depth: number } {
    const held = back === 0 ? [] : this.#events.filter(({ eventId }) => room.has(eventId));
    const beside = back === 0 ? undefined : held[Math.max(0, held.length - 1 - back)];
    if (beside === undefined) {
      const { prevEvents, authEvents, depth } = room.draftReferences(said, 10);
      return { prevEvents, authEvents: this.#forged(authEvents, said, cite), depth };
    }
    const state = present(room.stateAfter(beside.eventId), 'a state');
    const authEvents = authEventKeys(said, this.rules).flatMap((key) => state.getKey(key) ?? []);
    return {
      prevEvents: [beside.eventId],
      authEvents: this.#forged(authEvents, said, cite),
      depth: beside.depth + 1,
    };
  }

  /**
   * Another choice of authority than the right one: one less, one of any age or another room for the same key, one too many,
   * or one twice.
   */
  #forged(right: readonly EventId[], said: Said, cite: number): readonly EventId[] {
    if (cite === 0 || right.length === 0) return right;
    const index = cite % right.length;
    const at = Math.floor(cite / 4);
    switch (cite % 4) {
      case 1: {
        const key = this.#byId.get(right[index] as EventId)?.stateMapKey;
        const foreign = at < 8 ? undefined : this.#others.get(key ?? '');
        if (foreign !== undefined) return right.map((id, each) => (each === index ? foreign.eventId : id));
        const others = this.#events.filter(({ stateMapKey }) => stateMapKey === key);
        return right.map((id, each) => (each === index ? chosen(others, at).eventId : id));
      }
      case 2:
        return right.filter((_id, each) => each !== index);
      case 3:
        return [...right, chosen(this.#events, at).eventId];
      default:
        return said.type === 'm.room.create' ? right : [...right, right[index] as EventId];
    }
  }

  /** Sends what the target lacks: all of it in the source's order, or only the newest, as a server does that catches up. */
  #deliver(source: SmallServer, target: SmallServer, atMost: number, told = 0): void {
    const news = [...source.room.events()].filter(
      (event) => !target.room.has(event.eventId) && this.#relays(source, event),
    );
    for (const event of atMost < news.length ? news.slice(-atMost) : news)
      this.#receive(event, source, target, told);
  }

  /** Servers tell what they accept, and their own users' events in any case. */
  #relays({ room, name }: SmallServer, event: MatrixEvent): boolean {
    return room.verdict(event.eventId)?.kind !== 'rejected' || event.sender.endsWith(`:${name}`);
  }

  #receive(event: MatrixEvent, source: SmallServer, target: SmallServer, told: number): void {
    const { room } = target;
    this.#holdAuthorities(event, room);
    if (room.missingAuthEvents(event).length > 0) return;
    if (room.missingPrevEvents(event).length === 0) {
      this.#watcher.onReceipt?.(event, target);
      this.#note(room.receive(asSeenIn(room, event)), event, target);
      return;
    }
    target.hasGap = true;
    const states = this.#toldStates(event, source, target, told);
    for (const state of states)
      for (const id of state) {
        const each = this.#byId.get(id);
        if (each !== undefined) this.#holdOutlier(each, room);
      }
    this.#note(room.receiveWithStates(asSeenIn(room, event), states), event, target);
  }

  /**
   * What a server takes for the state before an event whose predecessors it lacks: what the sender has for it, what it
   * has itself, or what the sender has elsewhere.
   */
  #toldStates(
    event: MatrixEvent,
    source: SmallServer,
    target: SmallServer,
    told: number,
  ): readonly (readonly EventId[])[] {
    const before = source.room.stateBefore(event.eventId);
    switch (Math.floor(told / 3) % 3) {
      case 0:
        return before === undefined ? [] : [source.room.idsOf(before)];
      case 1:
        return [target.room.idsOf(target.room.currentState)];
      default: {
        const elsewhere = chosen([...source.room.events()], told);
        const state = source.room.stateAfter(elsewhere.eventId);
        return state === undefined ? [] : [source.room.idsOf(state)];
      }
    }
  }

  #note(verdict: RoomVerdict, event: MatrixEvent, server: SmallServer): void {
    this.#watcher.onVerdict?.(verdict, event, server);
  }

  #holdAuthorities(event: MatrixEvent, room: Room): void {
    for (const id of room.missingAuthEvents(event)) {
      const authority = this.#byId.get(id);
      if (authority !== undefined) this.#holdOutlier(authority, room);
    }
  }

  #holdOutlier(event: MatrixEvent, room: Room): void {
    if (room.get(event.eventId) !== undefined) return;
    this.#holdAuthorities(event, room);
    if (room.missingAuthEvents(event).length === 0) room.addOutlier(asSeenIn(room, event));
  }
}

/** An event as a server reads it that goes by rules of its own. */
function asSeenIn({ rules }: Room, event: MatrixEvent): MatrixEvent {
  if (rules === event.rules) return event;
  const read = eventOfSketch(sketchOf(event), event.eventId, rules);
  return read.ok ? read.value : event;
}
