// Small federations in bad weather, each a function of its seed: servers crash, cables are cut, requests and answers are
// lost, repeated and overtake each other, while people talk and govern. What must hold whatever happens is checked.
import { findDivergences, type Divergence } from '../../protocol/matrix/divergence.ts';
import { dendriteProfile, synapseProfile } from '../../protocol/matrix/federation/profiles.ts';
import type { HomeserverView } from '../../protocol/matrix/homeserver-context.ts';
import type { HostedRoom } from '../../protocol/matrix/hosted-room.ts';
import type { EventId, RoomId, UserId } from '../../protocol/matrix/ids.ts';
import { findStateResets, type RoomReset } from '../../protocol/matrix/room-resets.ts';
import { days, hours, milliseconds, minutes, seconds, type Duration } from '../../protocol/time.ts';
import { RandomStreams } from '../../sim/random/streams.ts';
import type { Misbehaviour } from '../../protocol/matrix/misbehaviour.ts';
import { MatrixWorld } from './matrix-world.ts';

export interface Storm {
  readonly seed: string;
  readonly version: string;
  readonly servers: number;
  readonly steps: number;
  /** Servers that follow Dendrite, counted from the last. */
  readonly dendrites: number;
  /** Whether everybody speaks after it, or one only looks an hour later. */
  readonly ending: 'spoken' | 'quiet';
  /** Whether all may do the same; otherwise the first may do everything, the second what moderators may, others nothing. */
  readonly areEqual?: boolean;
  /** Whether servers now and then come back from a backup, made earlier in the storm, instead of from their disks. */
  readonly backups?: boolean;
  /** What the last server does from the start on; nothing wrong when left out. */
  readonly hostile?: Misbehaviour;
}

export interface Aftermath {
  readonly world: MatrixWorld;
  /** What honest servers did not take of others, by fate and rule. */
  readonly refused: ReadonlyMap<string, number>;
  readonly room: RoomId;
  /** Promises that were broken; none, if all is well. */
  readonly violations: readonly string[];
  readonly divergences: readonly Divergence[];
  readonly resets: readonly RoomReset[];
}

/** Plays the storm and heals everything; then everybody speaks twice and waits for the longest back-off, or nobody does. */
export function playStorm(storm: Storm): Aftermath {
  const { world, room, users } = begin(storm);
  const draws = new RandomStreams(storm.seed).stream('storm');
  const chance = (share: number): boolean => draws.uniform() < share;
  const pick = <T>(from: readonly T[]): T => from[Math.floor(draws.uniform() * from.length)]!;
  const servers = users.map((user) => user.slice(user.indexOf(':') + 1));
  const turn = (name: string | undefined): void => {
    if (storm.hostile !== undefined && name === servers.at(-1) && world.isUp(name!))
      world.input(name!, { kind: 'operator', order: `turn/${storm.hostile}` });
  };
  turn(servers.at(-1));
  const backups = storm.backups === true ? new Backups(world, storm.seed) : undefined;
  const restart = (name: string): void => {
    backups?.maySetBack(name);
    world.restart(name);
    turn(name);
  };
  world.weather = () => ({
    losesRequest: chance(0.05),
    losesAnswer: chance(0.05),
    delay: chance(0.2) ? milliseconds(Math.floor(draws.uniform() * 5_000)) : (0 as Duration),
    ...(chance(0.1) ? { duplicateAfter: milliseconds(Math.floor(draws.uniform() * 20_000)) } : {}),
  });
  const pauses = [milliseconds(20), seconds(1), seconds(20), minutes(3), hours(1)];
  for (let step = 0; step < storm.steps; step++) {
    backups?.mayCopy(servers);
    const dice = draws.uniform();
    if (dice < 0.45) world.say(pick(users));
    else if (dice < 0.6) govern(world, room, pick(users), pick(users), draws.uniform(), step);
    else if (dice < 0.7) world.crash(pick(servers));
    else if (dice < 0.8) {
      const down = servers.filter((name) => !world.isUp(name));
      if (down.length > 0) restart(pick(down));
    } else if (dice < 0.9) world.cut(pick(servers), pick(servers), chance(0.7));
    else world.heal();
    world.run(pick(pauses));
  }
  world.weather = undefined;
  world.heal();
  for (const name of servers) if (!world.isUp(name)) restart(name);
  if (storm.ending === 'quiet') world.run(hours(1));
  for (let round = 0; storm.ending === 'spoken' && round < 2; round++) {
    for (const user of users) {
      world.say(user);
      world.run(seconds(30));
    }
    world.run(days(8));
  }
  const divergences = findDivergences({
    servers: world.servers(),
    clockOf: () => world.clock(),
    forgotAt: (server) => backups?.setBackAtMs.get(server),
  });
  const resets = findStateResets(world.servers());
  const violations = brokenPromises(world, new Set(backups?.setBackAtMs.keys()));
  return { world, room, refused: refusedByHonest(world), violations, divergences, resets };
}

/** Copies of disks made and put back by chance, with draws of their own so that the rest of a storm stays as it is. */
class Backups {
  /** When servers last came back from a copy, by what their clocks showed. */
  readonly setBackAtMs = new Map<string, number>();
  readonly #world: MatrixWorld;
  readonly #copies = new Map<string, ReadonlyMap<string, unknown>>();
  readonly #uniform: () => number;

  constructor(world: MatrixWorld, seed: string) {
    const draws = new RandomStreams(seed).stream('backups');
    this.#world = world;
    this.#uniform = () => draws.uniform();
  }

  mayCopy(servers: readonly string[]): void {
    const name = servers[Math.floor(this.#uniform() * servers.length)]!;
    if (this.#uniform() < 0.3) this.#copies.set(name, this.#world.backUp(name));
  }

  maySetBack(name: string): void {
    const copy = this.#copies.get(name);
    if (copy === undefined || this.#uniform() < 0.5) return;
    this.#world.restore(name, copy);
    this.setBackAtMs.set(name, this.#world.clock().wall);
  }
}

function begin({ servers, version, dendrites, areEqual = true }: Storm): {
  world: MatrixWorld;
  room: RoomId;
  users: readonly string[];
} {
  const world = new MatrixWorld();
  const names = Array.from({ length: servers }, (_, index) => `hs${index + 1}`);
  for (const [index, name] of names.entries())
    world.addServer(name, index >= servers - dendrites ? dendriteProfile : synapseProfile);
  const users = names.map((name, index) => `@u${index}:${name}`);
  const powers = new Map(areEqual ? [] : [[users[1] as UserId, 50]]);
  const room = world.addRoom(version, users, 'public', areEqual, powers);
  world.start();
  return { world, room, users };
}

/** Topics, kicks, bans, pardons and changes of power, as people do them on both sides of a split. */
function govern(
  world: MatrixWorld,
  room: RoomId,
  by: string,
  whom: string,
  dice: number,
  step: number,
): void {
  if (dice < 0.4) return world.setState(by, room, 'm.room.topic', '', { topic: `topic ${step}` });
  if (dice < 0.5) return world.setState(by, room, 'm.room.name', '', { name: `name ${step}` });
  const membership = dice < 0.65 ? 'ban' : dice < 0.8 ? 'leave' : 'invite';
  if (dice < 0.9) return world.setState(by, room, 'm.room.member', whom, { membership });
  world.setState(by, room, 'm.room.join_rules', '', { join_rule: dice < 0.95 ? 'invite' : 'public' });
}

function refusedByHonest(world: MatrixWorld): ReadonlyMap<string, number> {
  const honest = new Set<string>(honestServers(world).map(({ serverName }) => serverName));
  const counts = new Map<string, number>();
  for (const { node, fact } of world.facts) {
    if (fact.kind !== 'refused' || !honest.has(node)) continue;
    const name = `${fact.fate}: ${fact.rule}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function honestServers(world: MatrixWorld): readonly HomeserverView[] {
  return world.servers().filter(({ wasHostile }) => !wasHostile);
}

/** What holds whatever happens at servers that are honest; what they acknowledged, where they never lost it with their disks. */
function brokenPromises(world: MatrixWorld, setBack: ReadonlySet<string>): readonly string[] {
  const broken: string[] = [];
  const servers = honestServers(world);
  const byName = new Map(servers.map((server) => [server.serverName as string, server]));
  for (const { server, eventId } of world.acknowledged)
    if (byName.get(server)?.find(eventId) === undefined && byName.has(server) && !setBack.has(server))
      broken.push(`${server} lost ${eventId}, which it had acknowledged`);
  const seen = new Set<string>();
  for (const { node, fact } of world.facts) {
    if (fact.kind !== 'delivered') continue;
    const name = `${node} ${fact.message}`;
    if (seen.has(name)) broken.push(`${node} showed m${fact.message} twice`);
    seen.add(name);
  }
  const views = new Map<
    EventId,
    { readonly server: string; readonly verdict: string; readonly state: string }
  >();
  const messages = new Map<EventId, number | undefined>();
  for (const server of servers) {
    for (const room of server.rooms()) {
      for (const { eventId } of room.graph()) {
        const message = room.find(eventId)?.message;
        if (messages.has(eventId) && messages.get(eventId) !== message)
          broken.push(`${server.serverName} takes ${eventId} for other words than another server`);
        messages.set(eventId, message);
      }
      for (const { event } of room.forwardExtremities())
        if (room.verdictOf(event.eventId) !== 'accepted')
          broken.push(`${server.serverName} has ${event.eventId} at its front, which it did not accept`);
      for (const eventId of grounded(room)) {
        const verdict = room.verdictOf(eventId) === 'rejected' ? 'rejected' : 'taken';
        const view = { server: server.serverName, verdict, state: room.stateDigestAfter(eventId) ?? '' };
        const other = views.get(eventId);
        if (other === undefined) views.set(eventId, view);
        else if (other.verdict !== view.verdict || other.state !== view.state)
          broken.push(
            `${other.server} and ${view.server} hold the same past of ${eventId}, and judge it differently`,
          );
      }
    }
  }
  return broken;
}

/** Events whose whole past is here without a hole, and was when they were judged. */
function grounded(room: HostedRoom): ReadonlySet<EventId> {
  const told = new Set(room.toldByOthers().map(({ eventId }) => eventId));
  const events = new Map([...room.graph()].map((event) => [event.eventId, event]));
  const settled = new Map<EventId, boolean>();
  const isGrounded = (start: EventId): boolean => {
    const stack = [start];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const event = events.get(id);
      const open = event?.prevEvents.filter((previous) => !settled.has(previous)) ?? [];
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      const isWhole = event?.prevEvents.every((previous) => settled.get(previous) === true) === true;
      settled.set(id, isWhole && !told.has(id));
      stack.pop();
    }
    return settled.get(start) === true;
  };
  return new Set([...events.keys()].filter(isGrounded));
}
