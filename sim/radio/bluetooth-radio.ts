// Short-range radio between phones whose application is open: contact, discovery, connection, stream.
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { MediumHost, Port, RadioMedium } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { Workload } from '../workload/workload.ts';
import { arrive, RadioLink, type Flight, type LinkContext } from './bluetooth-link.ts';
import { positionsOfWorkload } from '../mobility/positions-of-workload.ts';
import { ContactFinder } from './contact-finder.ts';
import { ContactReplay } from './contact-replay.ts';
import type { ContactSource, OnContact } from './contact-source.ts';
import { exp, ln } from '../random/elementary.ts';
import { dutyOf, heardBy, setUpTime, unheard } from './discovery.ts';
import { canConnect, newPhone, partner, type Encounter, type RadioPhone } from './encounter.ts';
import type { PositionSource } from './movement.ts';
import { radioConstants, type RadioParameters } from './radio-parameters.ts';
import type { RadioFaults } from './radio-faults.ts';
import { scanningParts } from './scan-schedule.ts';
import { greatestRange, rangeOfPair } from './shadowing.ts';
import { Upkeep } from './upkeep.ts';

/** What a radio medium is made from. */
export interface RadioOptions {
  readonly host: MediumHost;
  readonly workload: Workload;
  /** By node index; those with a `radioPart` have a radio. */
  readonly nodes: readonly NodeSpec[];
  readonly parameters: RadioParameters;
  /** What faults do on the air; nothing when left out. */
  readonly faults?: RadioFaults;
  /** Where the phones are; as the workload has their people when left out. */
  readonly positions?: PositionSource;
}

const attemptGap = seconds(radioConstants.attemptGapSeconds);
/** Between two looks at whether a jammer still drowns everything. */
const jammedAgain = seconds(10);
const pauseAfterClosing = seconds(radioConstants.pauseAfterClosingSeconds);

/** Radio with its account of what is not counted one by one. */
export interface CreatedRadio extends RadioMedium {
  /** Counts advertisements and empty frames up to now. */
  settle(): void;
}

/** The radio of one simulation. */
export function createRadio(options: RadioOptions): CreatedRadio {
  return new BluetoothRadio(options);
}

class BluetoothRadio implements CreatedRadio, LinkContext {
  readonly host: MediumHost;
  readonly parameters: RadioParameters;
  readonly arrivalEvent: EventKind;
  readonly faults: RadioFaults | undefined;
  readonly #stepEvent: EventKind;
  readonly #contacts: ContactSource;
  readonly #draw: AddressedDraw;
  readonly #upkeep: Upkeep;
  /** By node index; undefined for nodes without a radio. */
  readonly #phones: readonly (RadioPhone | undefined)[];
  readonly #links = new Map<Address, RadioLink>();
  #linksMade = 0;

  constructor(options: RadioOptions) {
    const { host, workload, nodes, parameters } = options;
    this.host = host;
    this.parameters = parameters;
    this.faults = options.faults;
    options.faults?.onChange(() => this.#airChanged());
    this.#draw = host.draw;
    this.#upkeep = new Upkeep(host, parameters);
    const { scheduler } = host;
    this.arrivalEvent = scheduler.register('radio-arrives', (_node, payload) =>
      arrive(this, payload as Flight),
    );
    this.#stepEvent = scheduler.register('radio-step', (_node, payload) => this.#step(payload as Encounter));
    this.#phones = nodes.map(({ radioPart: part, person }, node) => {
      if (part === undefined) return undefined;
      const device = person === undefined ? undefined : workload.people[person]?.device;
      return newPhone({ node, part }, host.nodeName(node), device?.platform ?? 'android');
    });
    this.#contacts = this.#contactSource(options);
  }

  #contactSource({ host, workload, nodes, parameters, positions }: RadioOptions): ContactSource {
    const { scheduler } = host;
    const onContact: OnContact = (left, right, range, inRange) => this.#contact(left, right, range, inRange);
    if (workload.contacts !== undefined) {
      const nodeOf = new Map<number, NodeIndex>();
      for (const [node, { person }] of nodes.entries())
        if (person !== undefined && this.#phones[node] !== undefined) nodeOf.set(person, node);
      return new ContactReplay({
        scheduler,
        trace: workload.contacts,
        nodeOf: (place) => nodeOf.get(place),
        range: parameters.radioRangeMetres,
        onContact,
      });
    }
    return new ContactFinder({
      scheduler,
      positions: positions ?? positionsOfWorkload(workload, (node) => nodes[node]?.person),
      range: (left, right) => rangeOfPair(parameters, this.#draw, host.nodeName(left), host.nodeName(right)),
      greatestRange: greatestRange(parameters),
      onContact,
    });
  }

  // --- What hosts ask ---

  send(from: Port, address: Address, message: Message): void {
    this.#links.get(address)?.send(from.node, message);
  }

  disconnect(from: Port, address: Address): void {
    const link = this.#links.get(address);
    if (link === undefined) return;
    const { encounter } = link;
    const { left, right } = encounter;
    this.#disconnect(encounter, [from.node === left.port.node ? right : left], closed);
    if (!encounter.inRange) return this.#forget(encounter);
    encounter.stage = 'pausing';
    this.#schedule(encounter, pauseAfterClosing);
  }

  radioChanged(node: NodeIndex, on: boolean): void {
    const phone = this.#phone(node);
    if (phone.isOn === on) return;
    phone.isOn = on;
    phone.reshapedBy = noCause;
    this.#upkeep.phoneIs(on, phone.inHand);
    this.#scans(phone);
    if (on) {
      this.#contacts.switchOn(node);
      return;
    }
    for (const encounter of [...phone.encounters.values()]) {
      const { left, right } = encounter;
      this.#disconnect(encounter, [left, right], closed);
      this.#forget(encounter);
    }
    this.#contacts.switchOff(node);
  }

  handChanged(node: NodeIndex, inHand: boolean): void {
    const phone = this.#phone(node);
    if (phone.inHand === inHand) return;
    if (phone.isOn) this.#upkeep.phoneIs(false, phone.inHand);
    phone.inHand = inHand;
    if (!phone.isOn) return;
    this.#upkeep.phoneIs(true, inHand);
    this.#scans(phone);
    // Who listens and is heard otherwise from now on is found at another time.
    for (const encounter of [...phone.encounters.values()])
      if (encounter.stage === 'discovering' && encounter.link === undefined) this.#discover(encounter);
  }

  /** Also after the fault: whom the phone does not reach at once now, it may have reached over the links that broke. */
  disturbedBy(node: NodeIndex): CauseToken {
    const now = this.faults?.causeOf(node, node) ?? noCause;
    return now === noCause ? this.#phone(node).reshapedBy : now;
  }

  settle(): void {
    this.#upkeep.settle();
  }

  distance({ encounter: { left, right } }: RadioLink): number {
    return this.#contacts.distance(left.port.node, right.port.node);
  }

  distanceHoldsUntil({ encounter: { left, right } }: RadioLink): Instant {
    return this.#contacts.distanceHoldsUntil(left.port.node, right.port.node);
  }

  #phone(node: NodeIndex): RadioPhone {
    return present(this.#phones[node], 'a phone with a radio');
  }

  /** How much it scans follows from how many it knows. */
  #scans(phone: RadioPhone): void {
    const parts = phone.isOn ? scanningParts(dutyOf(this.parameters, phone)) : 0;
    if (parts !== phone.scans) this.#upkeep.scansMore(parts - phone.scans);
    phone.scans = parts;
  }

  // --- From contact to connection ---

  #contact(leftNode: NodeIndex, rightNode: NodeIndex, range: number, inRange: boolean): void {
    const left = this.#phone(leftNode);
    const right = this.#phone(rightNode);
    let encounter = left.encounters.get(rightNode);
    if (inRange) {
      if (encounter === undefined) {
        encounter = {
          left,
          right,
          range,
          inRange,
          stage: 'discovering',
          handle: undefined,
          central: left,
          link: undefined,
          isDeaf: false,
        };
        left.encounters.set(rightNode, encounter);
        right.encounters.set(leftNode, encounter);
        this.#discover(encounter);
      } else {
        encounter.inRange = true;
        if (!encounter.isDeaf) this.#recover(encounter);
      }
    } else if (encounter !== undefined) {
      encounter.inRange = false;
      if (encounter.link === undefined) this.#forget(encounter);
      else this.#fade(encounter);
    }
  }

  /** Nothing gets through: the connection is lost after the supervision time-out. */
  #fade(encounter: Encounter): void {
    encounter.link?.fade();
    this.#schedule(encounter, seconds(this.parameters.radioSupervisionSeconds));
  }

  #recover(encounter: Encounter): void {
    this.#unschedule(encounter);
    encounter.link?.recover();
  }

  /** A jammer began or ended: connections break, and who looks for others looks anew. */
  #airChanged(): void {
    for (const phone of this.#phones)
      for (const encounter of phone?.encounters.values() ?? []) {
        if (encounter.left !== phone) continue;
        const wasDeaf = encounter.isDeaf;
        encounter.isDeaf = this.#jammed(encounter) >= this.#deafAbove;
        if (encounter.link === undefined) {
          if (encounter.stage === 'discovering') this.#discover(encounter);
        } else if (encounter.inRange && encounter.isDeaf !== wasDeaf) {
          if (encounter.isDeaf) this.#fade(encounter);
          else this.#recover(encounter);
        }
      }
  }

  #jammed({ left, right }: Encounter): number {
    return this.faults?.jammed(left.port.node, right.port.node) ?? 0;
  }

  /** Share of lost frames at which more often than not none passes within the supervision time-out. */
  get #deafAbove(): number {
    const { radioSupervisionSeconds, radioRetransmissionMs } = this.parameters;
    return exp((ln(0.5) * radioRetransmissionMs) / (radioSupervisionSeconds * 1_000));
  }

  /** Draws when either side hears the other's advertisements; the first one will connect. */
  #discover(encounter: Encounter): void {
    encounter.stage = 'discovering';
    const { now } = this.host.scheduler;
    const { left, right } = encounter;
    const jammed = this.#jammed(encounter);
    encounter.isDeaf = jammed >= this.#deafAbove;
    if (encounter.isDeaf) {
      // Nobody is heard: the next look comes later, and what would have come by this neighbour waits because of that.
      const cause = this.faults?.causeOf(left.port.node, right.port.node) ?? noCause;
      this.host.hindered(left.port.node, cause);
      this.host.hindered(right.port.node, cause);
      this.#reshape(encounter, cause);
      encounter.stage = 'pausing';
      this.#schedule(encounter, jammedAgain);
      return;
    }
    const byLeft = heardBy(this.parameters, this.#draw, left, right, now, jammed);
    const byRight = heardBy(this.parameters, this.#draw, right, left, now, jammed);
    this.#unschedule(encounter);
    if (byLeft === unheard && byRight === unheard) return;
    encounter.central = byLeft <= byRight ? left : right;
    this.#schedule(encounter, (Math.min(byLeft, byRight) - now) as Duration);
  }

  /** What was waited for has happened. */
  #step(encounter: Encounter): void {
    encounter.handle = undefined;
    if (encounter.stage === 'pausing') this.#discover(encounter);
    else if (encounter.stage === 'discovering') this.#connect(encounter);
    else if (encounter.stage === 'connecting') this.#connected(encounter);
    else if (encounter.stage === 'connected') {
      const failure = this.#timedOut(encounter);
      this.#reshape(encounter, failure.cause);
      this.#disconnect(encounter, [encounter.left, encounter.right], failure);
      if (encounter.inRange) this.#discover(encounter);
      else this.#forget(encounter);
    }
  }

  /** The two will look for others, or be found by them. */
  #reshape({ left, right }: Encounter, cause: CauseToken): void {
    if (cause === noCause || this.faults === undefined) return;
    left.reshapedBy = this.faults.union(left.reshapedBy, cause);
    right.reshapedBy = this.faults.union(right.reshapedBy, cause);
  }

  #connect(encounter: Encounter): void {
    const { left, right } = encounter;
    const other = partner(encounter, encounter.central);
    if (!canConnect(this.parameters, encounter.central, other)) {
      if (!canConnect(this.parameters, other, encounter.central)) {
        encounter.stage = 'waiting-for-slot';
        return;
      }
      encounter.central = other;
    }
    const { central } = encounter;
    central.centralConnections++;
    left.connections++;
    right.connections++;
    this.#scans(left);
    this.#scans(right);
    encounter.stage = 'connecting';
    const { now } = this.host.scheduler;
    const begin = Math.max(now, central.nextAttemptAt) as Instant;
    central.nextAttemptAt = (begin + attemptGap) as Instant;
    const setUp = setUpTime(this.parameters, this.#draw, left, right, now);
    this.#schedule(encounter, (begin - now + setUp) as Duration);
  }

  #connected(encounter: Encounter): void {
    const { central } = encounter;
    const peripheral = partner(encounter, central);
    this.#linksMade++;
    const address = `link:radio/${this.#linksMade}` as Address;
    const link = new RadioLink(this, address, encounter, this.host.scheduler.now);
    encounter.stage = 'connected';
    encounter.link = link;
    // Who comes later finds the slots that were left.
    this.#reshape(encounter, central.reshapedBy);
    this.#reshape(encounter, peripheral.reshapedBy);
    this.#links.set(address, link);
    this.#upkeep.linkIs(true);
    const up = { kind: 'link-up', link: address } as const;
    // The tag tells the side that connected; the other one was connected to.
    this.host.deliver(central.port, { ...up, peer: peripheral.name as Address, tag: 'central' }, undefined);
    this.host.deliver(peripheral.port, { ...up, peer: central.name as Address }, undefined);
    if (encounter.isDeaf) this.#fade(encounter);
  }

  // --- The end ---

  /** Ends the connection or the attempt, tells these phones, and lets others have the slots. */
  #disconnect(encounter: Encounter, told: readonly RadioPhone[], failure: Failure): void {
    this.#unschedule(encounter);
    const { left, right, central, link, stage } = encounter;
    if (stage !== 'connecting' && stage !== 'connected') return;
    central.centralConnections--;
    left.connections--;
    right.connections--;
    this.#scans(left);
    this.#scans(right);
    encounter.stage = 'discovering';
    encounter.link = undefined;
    if (link !== undefined) {
      link.close();
      this.#links.delete(link.address);
      this.#upkeep.linkIs(false);
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

  #timedOut({ left, right }: Encounter): Failure {
    const cause = this.faults?.causeOf(left.port.node, right.port.node) ?? noCause;
    return { kind: 'timed-out', phase: 'keep-alive', definite: false, cause };
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
