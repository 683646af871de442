// Links between phones in one house: everybody behind a router hears everybody's multicast beacons, and the Internet is not
// asked.
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { milliseconds, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { NodeHealth } from '../host/node-health.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import type { MediumHost, Port, RadioMedium } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import type { ComponentId, World } from '../world.ts';
import { localNetworkConstants, type LocalNetworkParameters } from './local-network-parameters.ts';
import { localNetworkStays, type LocalNetworkPlace, type LocalNetworkStay } from './local-network-places.ts';

/** What local networks are made from. */
export interface LocalNetworksOptions {
  readonly host: MediumHost;
  readonly workload: Workload;
  readonly world: World;
  /** By node index; those with a `radioPart` have Wi-Fi too. */
  readonly nodes: readonly NodeSpec[];
  readonly health: Pick<NodeHealth, 'isUp' | 'causeOf' | 'onChange'>;
  readonly parameters: LocalNetworkParameters;
}

/** Links of local networks are named so. */
export const localLinkPrefix = 'link:radio/local/';

const { beaconMs, interfacesMs, latencyMs, megabitsPerSecond, silenceSeconds } = localNetworkConstants;
/** A TCP connection: there, back, and there again. */
const connectMs = 3 * latencyMs;

/** A phone. */
interface Member {
  readonly port: Port;
  readonly name: string;
  readonly stays: readonly LocalNetworkStay[];
  /** The application is open. */
  isOpen: boolean;
  /** Where the person is now, with or without power. */
  place: LocalNetworkPlace | undefined;
  /** By the node at the other end. */
  readonly links: Map<NodeIndex, Link>;
}

/** Two phones in one network: a connection, or one that is being made. */
interface Link {
  readonly ends: readonly [Member, Member];
  /** Undefined until the connection stands. */
  address: Address | undefined;
  handle: EventHandle | undefined;
  readonly freeAt: [number, number];
  /** One end has left without a word; the other does not know yet. */
  leaver: Member | undefined;
}

interface Flight {
  readonly link: Link;
  readonly to: Member;
  readonly message: Message;
  readonly sentAt: Instant;
  readonly startAt: Instant;
}

/** All local networks of one simulation. */
export class LocalNetworks implements RadioMedium {
  readonly #host: MediumHost;
  readonly #health: LocalNetworksOptions['health'];
  readonly #members = new Map<NodeIndex, Member>();
  /** Phones with the application open, by the name of the network they are on. */
  readonly #present = new Map<string, Set<Member>>();
  readonly #links = new Map<Address, Link>();
  readonly #events: Readonly<Record<'moves' | 'link' | 'arrives', EventKind>>;
  #linksMade = 0;

  constructor({ host, workload, world, nodes, health, parameters }: LocalNetworksOptions) {
    this.#host = host;
    this.#health = health;
    const { scheduler } = host;
    this.#events = {
      moves: scheduler.register('local-network-moves', (node, _payload, stay) => this.#moves(node, stay)),
      link: scheduler.register('local-network-link', (_node, payload) => this.#due(payload as Link)),
      arrives: scheduler.register('local-network-arrives', (_node, payload) =>
        this.#arrives(payload as Flight),
      ),
    };
    const stays = localNetworkStays(workload, world, parameters, (...address) => host.draw(...address));
    for (const [node, { radioPart: part, person }] of nodes.entries()) {
      if (part === undefined || person === undefined) continue;
      const own = stays[person] ?? [];
      const member: Member = {
        port: { node, part },
        name: host.nodeName(node),
        stays: own,
        isOpen: false,
        place: own[0]?.place,
        links: new Map(),
      };
      this.#members.set(node, member);
      this.#scheduleMove(member, 1);
    }
    health.onChange((component) => this.#powerChanged(component));
  }

  // --- What hosts ask ---

  send(from: Port, address: Address, message: Message): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    const { scheduler } = this.#host;
    const direction = link.ends[0].port.node === from.node ? 0 : 1;
    const to = link.ends[direction === 0 ? 1 : 0];
    const bytes = this.#host.byteLength(message);
    const serialisation = Math.ceil((bytes * 8) / megabitsPerSecond);
    const startAt = Math.max(scheduler.now, link.freeAt[direction]) as Instant;
    link.freeAt[direction] = startAt + serialisation;
    this.#host.countBytes('radio', bytes, serialisation);
    const flight: Flight = {
      link,
      to,
      message: this.#host.carry(message),
      sentAt: scheduler.now,
      startAt,
    };
    const arrival = (startAt + serialisation + milliseconds(latencyMs)) as Instant;
    scheduler.schedule(arrival, this.#events.arrives, to.port.node, flight);
  }

  disconnect(from: Port, address: Address): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    const [left, right] = link.ends;
    this.#end(link, [left.port.node === from.node ? right : left], closed);
    // Beacons go on: they find each other again.
    if (this.#isPresent(left) && this.#isPresent(right)) this.#meet(left, right, 0);
  }

  /** A local network is left by its door, whoever looks at the screen. */
  handChanged(): void {
    return;
  }

  radioChanged(node: NodeIndex, on: boolean): void {
    const member = this.#members.get(node);
    if (member === undefined || member.isOpen === on) return;
    if (!on) this.#leave(member, 'closes');
    member.isOpen = on;
    if (on) this.#enter(member, 0);
  }

  disturbedBy(): CauseToken {
    return noCause;
  }

  // --- Who is where ---

  #scheduleMove({ port, stays }: Member, stay: number): void {
    const next = stays[stay];
    if (next === undefined) return;
    this.#host.scheduler.schedule(next.start, this.#events.moves, port.node, undefined, stay);
  }

  #moves(node: NodeIndex, stay: number): void {
    const member = present(this.#members.get(node), 'a phone');
    this.#scheduleMove(member, stay + 1);
    const next = member.stays[stay]?.place;
    if (next?.name === member.place?.name) return;
    this.#leave(member, 'walks-off');
    member.place = next;
    this.#enter(member, interfacesMs);
  }

  /** Its beacons are heard, and it hears those of others, once it has noticed the network. */
  #enter(member: Member, noticesWithinMs: number): void {
    const { place, isOpen } = member;
    if (place === undefined || !isOpen || !this.#hasPower(place)) return;
    let others = this.#present.get(place.name);
    if (others === undefined) this.#present.set(place.name, (others = new Set()));
    for (const other of others) this.#meet(other, member, noticesWithinMs);
    others.add(member);
  }

  #meet(left: Member, right: Member, noticesWithinMs: number): void {
    const { scheduler } = this.#host;
    const { now } = scheduler;
    const draw = (what: string): number => this.#host.draw('local-network', what, left.name, right.name, now);
    const waitMs =
      draw('notices') * noticesWithinMs + Math.min(draw('one'), draw('other')) * beaconMs + connectMs;
    const link: Link = {
      ends: [left, right],
      address: undefined,
      handle: undefined,
      freeAt: [0, 0],
      leaver: undefined,
    };
    left.links.set(right.port.node, link);
    right.links.set(left.port.node, link);
    this.#wait(link, milliseconds(Math.round(waitMs)));
  }

  #leave(member: Member, how: 'closes' | 'walks-off' | 'no-power'): void {
    if (member.place !== undefined) this.#present.get(member.place.name)?.delete(member);
    for (const [otherNode, link] of [...member.links]) {
      const { address, ends } = link;
      if (how === 'no-power') this.#end(link, ends, this.#unpowered(member));
      else if (how === 'walks-off' && address !== undefined) {
        this.#host.deliver(member.port, { kind: 'link-down', link: address, failure: closed }, undefined);
        link.leaver = member;
        member.links.delete(otherNode);
        this.#wait(link, seconds(silenceSeconds));
      }
      // An application that is closed is told nothing.
      else
        this.#end(
          link,
          ends.filter((end) => end !== member),
          closed,
        );
    }
  }

  #isPresent(member: Member): boolean {
    return member.place !== undefined && this.#present.get(member.place.name)?.has(member) === true;
  }

  #hasPower({ grid }: LocalNetworkPlace): boolean {
    return grid === undefined || this.#health.isUp(grid);
  }

  #unpowered({ place }: Member): Failure {
    const cause = place?.grid === undefined ? noCause : this.#health.causeOf(place.grid);
    return { kind: 'closed', definite: false, cause };
  }

  #powerChanged(grid: ComponentId): void {
    for (const member of this.#members.values()) {
      if (member.place?.grid !== grid) continue;
      const isPresent = this.#isPresent(member);
      if (isPresent === this.#hasPower(member.place)) continue;
      if (isPresent) this.#leave(member, 'no-power');
      else this.#enter(member, interfacesMs);
    }
  }

  // --- Links ---

  #wait(link: Link, wait: Duration): void {
    const { scheduler } = this.#host;
    if (link.handle !== undefined) scheduler.cancel(link.handle);
    const at = (scheduler.now + wait) as Instant;
    link.handle = scheduler.schedule(at, this.#events.link, link.ends[1].port.node, link);
  }

  /** The connection stands, or who has stayed notices that the other is gone. */
  #due(link: Link): void {
    link.handle = undefined;
    const { leaver, ends } = link;
    if (leaver !== undefined) {
      const failure: Failure = { kind: 'timed-out', phase: 'keep-alive', definite: false, cause: noCause };
      return this.#end(link, ends, failure);
    }
    const address = `${localLinkPrefix}${++this.#linksMade}` as Address;
    link.address = address;
    this.#links.set(address, link);
    const [listener, dialler] = ends;
    this.#host.deliver(
      dialler.port,
      { kind: 'link-up', link: address, peer: listener.name as Address, tag: 'dialled' },
      undefined,
    );
    this.#host.deliver(
      listener.port,
      { kind: 'link-up', link: address, peer: dialler.name as Address },
      undefined,
    );
  }

  #arrives({ link, to, message, sentAt, startAt }: Flight): void {
    if (link.address === undefined || link.leaver !== undefined) return;
    const host = this.#host;
    const { now } = host.scheduler;
    const other = link.ends[0] === to ? link.ends[1] : link.ends[0];
    const legs = [
      ...(startAt > sentAt ? [{ until: startAt, reason: 'link-queue', cause: noCause } as const] : []),
      { until: now, reason: 'in-flight', cause: noCause } as const,
    ];
    const isFollowed = message.carries.length > 0 || host.isWatched === true;
    const transit = isFollowed ? { from: other.port.node, sentAt, legs } : undefined;
    host.deliver(to.port, { kind: 'message', from: link.address, message }, transit);
  }

  /** Whoever has left already is not told again. */
  #end(link: Link, told: readonly Member[], failure: Failure): void {
    const [left, right] = link.ends;
    if (link.handle !== undefined) this.#host.scheduler.cancel(link.handle);
    link.handle = undefined;
    if (left.links.get(right.port.node) === link) left.links.delete(right.port.node);
    if (right.links.get(left.port.node) === link) right.links.delete(left.port.node);
    const { address } = link;
    if (address === undefined) return;
    link.address = undefined;
    this.#links.delete(address);
    for (const member of told)
      if (member !== link.leaver)
        this.#host.deliver(member.port, { kind: 'link-down', link: address, failure }, undefined);
  }
}

const closed: Failure = { kind: 'closed', definite: false, cause: noCause };
