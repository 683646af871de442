// Short-range radio between phones whose application is open: contact, discovery, connection, stream.
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import { noCause, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { milliseconds, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import type { MediumHost, Port, RadioMedium } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import { exponential, logNormal, standardNormal } from '../random/distributions.ts';
import { exp } from '../random/elementary.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import { ContactFinder } from './contact-finder.ts';
import { afterScanning, scanDuty } from './scan-schedule.ts';
import { positionsOfPeople, type PositionSource } from './movement.ts';
import type { RadioParameters } from './radio-parameters.ts';
import { RadioLink, type Flight, type LinkContext } from './bluetooth-link.ts';

/** What a radio medium is made from. */
export interface RadioOptions {
  readonly host: MediumHost;
  readonly workload: Workload;
  /** By node index; those with a `radioPart` have a radio. */
  readonly nodes: readonly NodeSpec[];
  readonly parameters: RadioParameters;
  /** Where the phones are; by the stays of their people when left out. */
  readonly positions?: PositionSource;
}

/** A phone with its radio. */
interface Phone {
  readonly port: Port;
  readonly name: string;
  readonly platform: 'ios' | 'android';
  isOn: boolean;
  /** Connections made or being made, and those of them that this phone began. */
  connections: number;
  centralConnections: number;
  /** Connection attempts keep a distance. */
  nextAttemptAt: Instant;
  readonly encounters: Map<NodeIndex, Encounter>;
}

/** Two phones within range, or still connected. */
interface Encounter {
  readonly left: Phone;
  readonly right: Phone;
  readonly range: number;
  inRange: boolean;
  stage: 'discovering' | 'waiting-for-slot' | 'connecting' | 'connected';
  /** The next step: heard, connected, or supervision time-out. */
  handle: EventHandle | undefined;
  /** The side that connects. */
  central: Phone;
  link: RadioLink | undefined;
}

/** Connections that a phone begins, at most: 6 on iOS (TransportConfig.swift), 8 in all on Android (AppConstants.kt). */
const mostCentralIos = 6;
const mostAndroid = 8;
/** Least gap between a phone's connection attempts (TransportConfig.bleConnectRateLimitInterval). */
const attemptGap = seconds(0.5);
/** Spread of the set-up time (log-normal); assumed. */
const connectSigma = 0.5;
/** Shadowing is cut here, so that a greatest range exists. */
const mostDeviations = 2;

/** The radio of one simulation. */
export function createRadio(options: RadioOptions): RadioMedium {
  return new BluetoothRadio(options);
}

class BluetoothRadio implements RadioMedium, LinkContext {
  readonly host: MediumHost;
  readonly parameters: RadioParameters;
  readonly arrivalEvent: EventKind;
  readonly #stepEvent: EventKind;
  readonly #finder: ContactFinder;
  readonly #phones = new Map<NodeIndex, Phone>();
  readonly #links = new Map<Address, { readonly link: RadioLink; readonly encounter: Encounter }>();
  #linksMade = 0;

  constructor(options: RadioOptions) {
    const { host, workload, nodes, parameters } = options;
    this.host = host;
    this.parameters = parameters;
    const { scheduler } = host;
    this.arrivalEvent = scheduler.register('radio-arrives', (_node, payload) => {
      const flight = payload as Flight;
      flight.link.arrive(flight);
    });
    this.#stepEvent = scheduler.register('radio-step', (_node, payload) => this.#step(payload as Encounter));
    for (const [node, { radioPart: part, person }] of nodes.entries()) {
      if (part === undefined) continue;
      const device = person === undefined ? undefined : workload.people[person]?.device;
      this.#phones.set(node, newPhone({ node, part }, host.nodeName(node), device?.platform ?? 'android'));
    }
    const positions =
      options.positions ??
      positionsOfPeople((node) => {
        const person = nodes[node]?.person;
        return person === undefined ? undefined : workload.people[person];
      });
    this.#finder = new ContactFinder({
      scheduler,
      positions,
      range: (left, right) => this.#range(left, right),
      greatestRange: this.#rangeAt(mostDeviations),
      onContact: (left, right, inRange) => this.#contact(left, right, inRange),
    });
  }

  // --- What hosts ask ---

  send(from: Port, address: Address, message: Message): void {
    this.#links.get(address)?.link.send(from, message);
  }

  disconnect(from: Port, address: Address): void {
    const entry = this.#links.get(address);
    if (entry === undefined) return;
    const { encounter } = entry;
    const other = from.node === encounter.left.port.node ? encounter.right : encounter.left;
    this.#disconnect(encounter, [other], closed);
    // Still in range: it may be discovered again.
    if (encounter.inRange) this.#discover(encounter);
    else this.#forget(encounter);
  }

  radioChanged(node: NodeIndex, on: boolean): void {
    const phone = present(this.#phones.get(node), 'a phone with a radio');
    if (phone.isOn === on) return;
    phone.isOn = on;
    if (on) {
      this.#finder.switchOn(node);
      return;
    }
    for (const encounter of [...phone.encounters.values()]) {
      const { left, right } = encounter;
      this.#disconnect(encounter, [left, right], closed);
      this.#forget(encounter);
    }
    this.#finder.switchOff(node);
  }

  distance(link: RadioLink): number {
    return this.#finder.distance(link.ends[0].port.node, link.ends[1].port.node);
  }

  // --- Range ---

  #rangeAt(deviations: number): number {
    const { radioRangeMetres, radioShadowingDb, radioPathLossExponent } = this.parameters;
    // Decibels to a factor of the distance: 10^(dB / (10 n)).
    return radioRangeMetres * exp((deviations * radioShadowingDb * Math.LN10) / (10 * radioPathLossExponent));
  }

  #range(left: NodeIndex, right: NodeIndex): number {
    const uniform = this.host.draw('radio-shadowing', this.host.nodeName(left), this.host.nodeName(right));
    const deviations = Math.max(-mostDeviations, Math.min(mostDeviations, standardNormal(uniform)));
    return this.#rangeAt(deviations);
  }

  // --- From contact to connection ---

  #contact(leftNode: NodeIndex, rightNode: NodeIndex, inRange: boolean): void {
    const left = present(this.#phones.get(leftNode), 'a phone with a radio');
    const right = present(this.#phones.get(rightNode), 'a phone with a radio');
    let encounter = left.encounters.get(rightNode);
    if (inRange) {
      if (encounter === undefined) {
        const range = this.#range(leftNode, rightNode);
        encounter = {
          left,
          right,
          range,
          inRange,
          stage: 'discovering',
          handle: undefined,
          central: left,
          link: undefined,
        };
        left.encounters.set(rightNode, encounter);
        right.encounters.set(leftNode, encounter);
        this.#discover(encounter);
      } else {
        encounter.inRange = true;
        this.#unschedule(encounter);
        encounter.link?.recover();
      }
    } else if (encounter !== undefined) {
      encounter.inRange = false;
      if (encounter.link === undefined) this.#forget(encounter);
      else {
        encounter.link.fade();
        this.#schedule(encounter, seconds(this.parameters.radioSupervisionSeconds));
      }
    }
  }

  /** Draws when either side hears the other's advertisements; the first one will connect. */
  #discover(encounter: Encounter): void {
    encounter.stage = 'discovering';
    const { now } = this.host.scheduler;
    const { left, right } = encounter;
    const byLeft = this.#heardBy(left, right, now);
    const byRight = this.#heardBy(right, left, now);
    encounter.central = byLeft <= byRight ? left : right;
    this.#schedule(encounter, (Math.min(byLeft, byRight) - now) as Duration);
  }

  #heardBy(listener: Phone, advertiser: Phone, now: Instant): Instant {
    const { host, parameters } = this;
    const duty = scanDuty(listener.platform, listener.connections);
    const phase = Math.floor(host.draw('radio-scan-phase', listener.name) * (duty.on + duty.off)) as Duration;
    const uniform = host.draw('radio-discovery', listener.name, advertiser.name, now);
    const needed = exponential(uniform, seconds(parameters.radioDetectionSeconds)) as Duration;
    return afterScanning(now, needed, duty, phase);
  }

  /** What was waited for has happened. */
  #step(encounter: Encounter): void {
    encounter.handle = undefined;
    if (encounter.stage === 'discovering') this.#connect(encounter);
    else if (encounter.stage === 'connecting') this.#connected(encounter);
    else if (encounter.stage === 'connected') {
      this.#disconnect(encounter, [encounter.left, encounter.right], timedOut);
      this.#forget(encounter);
    }
  }

  #connect(encounter: Encounter): void {
    const { left, right } = encounter;
    const other = encounter.central === left ? right : left;
    if (!this.#canConnect(encounter.central, other)) {
      if (!this.#canConnect(other, encounter.central)) {
        encounter.stage = 'waiting-for-slot';
        return;
      }
      encounter.central = other;
    }
    const { central } = encounter;
    central.centralConnections++;
    left.connections++;
    right.connections++;
    encounter.stage = 'connecting';
    const { now } = this.host.scheduler;
    const begin = Math.max(now, central.nextAttemptAt) as Instant;
    central.nextAttemptAt = (begin + attemptGap) as Instant;
    const uniform = this.host.draw('radio-connect', left.name, right.name, now);
    const setUp = logNormal(uniform, milliseconds(this.parameters.radioConnectMs), connectSigma);
    this.#schedule(encounter, (begin - now + setUp) as Duration);
  }

  #canConnect(central: Phone, peripheral: Phone): boolean {
    const mayBegin = central.platform === 'android' || central.centralConnections < mostCentralIos;
    return mayBegin && this.#hasRoom(central) && this.#hasRoom(peripheral);
  }

  #hasRoom({ platform, connections }: Phone): boolean {
    return connections < (platform === 'android' ? mostAndroid : this.parameters.radioTotalLinksIos);
  }

  #connected(encounter: Encounter): void {
    const { left, right, central } = encounter;
    const peripheral = central === left ? right : left;
    this.#linksMade++;
    const address = `link:radio/${this.#linksMade}` as Address;
    const link = new RadioLink(this, address, [left, right], encounter.range, this.host.scheduler.now);
    encounter.stage = 'connected';
    encounter.link = link;
    this.#links.set(address, { link, encounter });
    const up = { kind: 'link-up', link: address } as const;
    // The tag tells the side that connected; the other one was connected to.
    this.host.deliver(central.port, { ...up, peer: peripheral.name as Address, tag: 'central' }, undefined);
    this.host.deliver(peripheral.port, { ...up, peer: central.name as Address }, undefined);
  }

  // --- The end ---

  /** Ends the connection or the attempt, tells these phones, and lets others have the slots. */
  #disconnect(encounter: Encounter, told: readonly Phone[], failure: Failure): void {
    this.#unschedule(encounter);
    const { left, right, central, link, stage } = encounter;
    if (stage !== 'connecting' && stage !== 'connected') return;
    central.centralConnections--;
    left.connections--;
    right.connections--;
    encounter.stage = 'discovering';
    encounter.link = undefined;
    if (link !== undefined) {
      link.close();
      this.#links.delete(link.address);
      for (const { port } of told)
        this.host.deliver(port, { kind: 'link-down', link: link.address, failure }, undefined);
    }
    for (const phone of [left, right])
      for (const waiting of [...phone.encounters.values()])
        if (waiting.stage === 'waiting-for-slot' && waiting.left.isOn && waiting.right.isOn)
          this.#connect(waiting);
  }

  #forget(encounter: Encounter): void {
    this.#disconnect(encounter, [], closed);
    const { left, right } = encounter;
    left.encounters.delete(right.port.node);
    right.encounters.delete(left.port.node);
  }

  #schedule(encounter: Encounter, wait: Duration): void {
    this.#unschedule(encounter);
    const { scheduler } = this.host;
    encounter.handle = scheduler.schedule(
      (scheduler.now + wait) as Instant,
      this.#stepEvent,
      encounter.central.port.node,
      encounter,
    );
  }

  #unschedule(encounter: Encounter): void {
    if (encounter.handle !== undefined) this.host.scheduler.cancel(encounter.handle);
    encounter.handle = undefined;
  }
}

const closed: Failure = { kind: 'closed', definite: false, cause: noCause };
const timedOut: Failure = { kind: 'timed-out', phase: 'keep-alive', definite: false, cause: noCause };

function newPhone(port: Port, name: string, platform: 'ios' | 'android'): Phone {
  return {
    port,
    name,
    platform,
    isOn: false,
    connections: 0,
    centralConnections: 0,
    nextAttemptAt: 0 as Instant,
    encounters: new Map(),
  };
}
