// People's devices: when they have a network, when the application is open, what their people do. All of it follows
// the workload, with one pending event per kind and device. What people say, they say on their phones.
import { present } from '../../protocol/assert.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import type { TaskId, TaskKind } from '../../protocol/task.ts';
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { SentMessages } from '../blame.ts';
import { ByNumber } from '../by-number.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex, ObservationSink } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import type { NodeSpec } from '../systems/system.ts';
import { gapsBetween } from '../workload/intervals.ts';
import type { Interval, Person, ScheduledMessage, Workload } from '../workload/workload.ts';
import type { AccessProfile, ComponentId } from '../world.ts';
import { followGrids } from './batteries.ts';
import type { NodeHost } from './node-host.ts';
import type { HostedNode } from './node.ts';
import type { Surroundings } from './surroundings.ts';
import { Undertakings } from './undertakings.ts';

/** What devices are made of. */
export interface DevicesOptions {
  readonly scheduler: Scheduler;
  readonly host: NodeHost;
  readonly surroundings: Surroundings;
  readonly workload: Workload;
  readonly nodes: readonly HostedNode[];
  readonly ledger: SentMessages;
  readonly sink: ObservationSink;
  readonly exogenous: AddressedDraw;
  /** What people can do in this system beyond writing. */
  readonly tasks: ReadonlySet<TaskKind>;
  readonly pushDelayMedian: Duration;
  readonly pushDelaySigma: number;
}

interface DeviceState {
  readonly node: HostedNode;
  readonly person: Person;
  /** When it has no network or is off, and when the application is open. */
  readonly offline: readonly Interval[];
  readonly open: readonly Interval[];
  /** When the person has the application before him, where it runs without that, too. */
  readonly inHand: readonly Interval[] | undefined;
  /** The access network of a device that stays where it is; phones use that of the person's stay. */
  readonly access: AccessProfile | undefined;
  online: boolean;
  stay: number;
  /** Sessions and manual acts that keep the application open. */
  foreground: number;
  /** What the person wanted to say while the battery was empty. */
  readonly unsaid: ScheduledMessage[];
  lastAbsenceCause: CauseToken;
}

/** How long somebody who comes back to press "send again" keeps the application open. Assumed; plausible 5 to 120 s. */
const resendSession = seconds(30);

/** Push delays are drawn anew for each such stretch of time, so that systems that notify at about the same time share them. */
const pushDelayStretch = seconds(10);

/** The devices of all people that have one in this system. */
export class Devices {
  readonly #options: DevicesOptions;
  readonly #byNode = new ByNumber<DeviceState>();
  readonly #byPerson = new Map<number, DeviceState>();
  readonly #tasks: Undertakings;
  readonly #reachableListeners: ((device: NodeIndex) => void)[] = [];
  readonly #events: Readonly<
    Record<
      'network' | 'stay' | 'session' | 'hand' | 'write' | 'send' | 'change' | 'resend' | 'close',
      EventKind
    >
  >;

  constructor(options: DevicesOptions) {
    this.#options = options;
    for (const node of options.nodes) {
      if (node.spec.person === undefined) continue;
      const person = present(options.workload.people[node.spec.person], 'person of', node.name);
      const device: DeviceState = {
        node,
        person,
        ...habitsOf(node, person, options.workload.windows.horizon),
        online: true,
        stay: 0,
        foreground: 0,
        unsaid: [],
        lastAbsenceCause: noCause,
      };
      this.#byNode.set(node.index, device);
      if (!isComputer(node.spec)) this.#byPerson.set(person.id, device);
    }
    const { scheduler } = options;
    this.#events = {
      network: scheduler.register('device-network', (node, _payload, index) =>
        this.#networkChanges(node, index),
      ),
      stay: scheduler.register('device-stay', (node, _payload, index) => this.#moves(node, index)),
      session: scheduler.register('device-session', (node, _payload, index) => this.#session(node, index)),
      hand: scheduler.register('device-in-hand', (node, _payload, index) => this.#handChanges(node, index)),
      write: scheduler.register('user-write', (_node, _payload, row) => this.#beginWriting(row)),
      send: scheduler.register('user-send', (_node, _payload, row) => this.#send(row)),
      change: scheduler.register('user-change', (_node, _payload, row) => this.#change(row)),
      resend: scheduler.register('user-resend', (node, _payload, row) =>
        this.#resend(node, row as UserMessageId),
      ),
      close: scheduler.register('user-close', (node) => this.#close(this.#device(node))),
    };
    this.#tasks = new Undertakings({
      ...options,
      scheduled: options.workload.tasks?.scheduled ?? [],
      offered: options.tasks,
      devices: {
        nodeOf: (person) => present(this.#byPerson.get(person), 'device of person', person).node,
        open: (node) => this.#open(this.#device(node)),
        close: (node) => this.#close(this.#device(node)),
      },
    });
    const { health } = options.surroundings;
    health.onChange((component) => this.#componentChanged(component));
    const owners = [...this.#byPerson.values()].map(({ node, person }) => ({ node: node.index, person }));
    const onReturn = (node: NodeIndex): void => this.#returns(node);
    followGrids({ ...options, health, owners, onReturn });
  }

  /** A client shows something that its person wanted as failed. */
  taskFailed(task: TaskId): void {
    this.#tasks.failed(task);
  }

  /** The person's phone; undefined when the system gives them none. */
  deviceOf(person: number): NodeIndex | undefined {
    return this.#byPerson.get(person)?.node.index;
  }

  /** The access network that a device uses now; undefined while it has none, and for nodes of nobody. */
  accessOf(node: NodeIndex): AccessProfile | undefined {
    const device = this.#byNode.get(node);
    return device?.online === true ? this.#access(device) : undefined;
  }

  /** Whether the platform's push service can reach the device. */
  isReachable(node: NodeIndex): boolean {
    const access = this.accessOf(node);
    return access !== undefined && this.#isServed(access);
  }

  /** Faults behind the last stretch in which the device could not be reached. */
  causeOfLastAbsence(node: NodeIndex): CauseToken {
    return this.#device(node).lastAbsenceCause;
  }

  /** Called when a device may have become reachable. */
  onReachable(listener: (device: NodeIndex) => void): void {
    this.#reachableListeners.push(listener);
  }

  /** From the platform's push service to the woken application: exogenous, by person and time. */
  pushDelay(node: NodeIndex): Duration {
    const { exogenous, scheduler, pushDelayMedian, pushDelaySigma } = this.#options;
    const stretch = Math.floor(scheduler.now / pushDelayStretch);
    const uniform = exogenous('push-delay', this.#device(node).person.id, stretch);
    return logNormal(uniform, pushDelayMedian, pushDelaySigma) as Duration;
  }

  /** The run begins: states at the epoch, and the first change of each kind. */
  begin(): void {
    for (const device of this.#byNode.values()) {
      this.#followIntervals(device, device.offline, 0, this.#events.network);
      this.#followIntervals(device, device.open, 0, this.#events.session);
      if (device.access === undefined) this.#scheduleStay(device, 1);
      if (device.inHand === undefined) continue;
      this.#options.surroundings.radio?.handChanged(device.node.index, false);
      this.#followIntervals(device, device.inHand, 0, this.#events.hand);
    }
    this.#scheduleWriting(0);
    this.#scheduleSend(0);
    this.#scheduleChange(0);
    this.#tasks.begin();
  }

  /** A client shows a message as failed; its sender may send it again by hand. */
  failedVisibly(message: UserMessageId, node: NodeIndex): void {
    const { workload, scheduler } = this.#options;
    const { resendAfter, sender } = present(workload.messages[message], 'user message', message);
    if (resendAfter === undefined || this.deviceOf(sender) !== node) return;
    const at = (scheduler.now + resendAfter) as Instant;
    scheduler.schedule(at, this.#events.resend, node, undefined, message);
  }

  // --- Network ---

  /** Extra 2i: interval i begins; 2i + 1: it ends. */
  #networkChanges(index: NodeIndex, edge: number): void {
    const device = this.#device(index);
    this.#followIntervals(device, device.offline, edge + 1, this.#events.network);
    device.online = edge % 2 === 1;
    device.lastAbsenceCause = noCause;
    this.#networkChanged(device);
  }

  #moves(index: NodeIndex, stay: number): void {
    const device = this.#device(index);
    const before = this.#access(device);
    device.stay = stay;
    this.#scheduleStay(device, stay + 1);
    if (this.#access(device) !== before && device.online) this.#networkChanged(device);
  }

  #networkChanged(device: DeviceState): void {
    const { surroundings, host } = this.#options;
    const { index } = device.node;
    surroundings.internet.deviceNetworkChanged(index, device.online, noCause);
    for (const part of device.node.parts.values())
      host.deliver(part.port, { kind: 'network', up: device.online, cause: noCause }, undefined);
    if (device.online) this.#tellReachable(index);
  }

  #componentChanged(component: ComponentId): void {
    const { health } = this.#options.surroundings;
    const reachable = health.isReachable(component);
    const cause = health.causeOf(component);
    for (const device of this.#byNode.values()) {
      if (!device.online) continue;
      const access = this.#access(device);
      if (access.isp !== component && access.site !== component) continue;
      if (!reachable) device.lastAbsenceCause = cause;
      else if (this.#isServed(access)) this.#tellReachable(device.node.index);
    }
  }

  /** Whether the provider works, and the site through which the device reaches it. */
  #isServed({ isp, site }: AccessProfile): boolean {
    const { health } = this.#options.surroundings;
    return health.isReachable(isp) && (site === undefined || health.isReachable(site));
  }

  #tellReachable(node: NodeIndex): void {
    for (const listener of this.#reachableListeners) listener(node);
  }

  // --- What people do ---

  #session(index: NodeIndex, edge: number): void {
    const device = this.#device(index);
    this.#followIntervals(device, device.open, edge + 1, this.#events.session);
    if (edge % 2 === 0) this.#open(device);
    else this.#close(device);
  }

  #handChanges(index: NodeIndex, edge: number): void {
    const device = this.#device(index);
    this.#followIntervals(device, device.inHand ?? [], edge + 1, this.#events.hand);
    this.#options.surroundings.radio?.handChanged(index, edge % 2 === 0);
  }

  #open(device: DeviceState): void {
    device.foreground++;
    if (device.foreground > 1) return;
    const { host } = this.#options;
    host.deliverToUser(device.node.index, { kind: 'user', action: { kind: 'open-app' } });
    this.#switchRadio(device, true);
  }

  #close(device: DeviceState): void {
    device.foreground--;
    if (device.foreground > 0) return;
    const { host } = this.#options;
    host.deliverToUser(device.node.index, { kind: 'user', action: { kind: 'close-app' } });
    this.#switchRadio(device, false);
  }

  #switchRadio({ node }: DeviceState, on: boolean): void {
    if (node.spec.radioPart !== undefined && node.up)
      this.#options.surroundings.radio?.radioChanged(node.index, on);
  }

  /** The battery was empty, and the phone runs again: its application is opened for what there was to say. */
  #returns(index: NodeIndex): void {
    const device = this.#device(index);
    const { host } = this.#options;
    this.#networkChanged(device);
    if (device.foreground > 0) {
      host.deliverToUser(index, { kind: 'user', action: { kind: 'open-app' } });
      this.#switchRadio(device, true);
    }
    for (const message of device.unsaid.splice(0)) this.#say(device, message);
  }

  /** What is said is written before, which another cursor follows. Whose phone is off writes later, unseen. */
  #beginWriting(row: number): void {
    const { sender, conversation } = present(this.#options.workload.messages[row], 'user message', row);
    this.#scheduleWriting(row + 1);
    const { node } = present(this.#byPerson.get(sender), 'device of the writing person', sender);
    const action = { kind: 'begin-writing', conversation } as const;
    if (node.up) this.#options.host.deliverToUser(node.index, { kind: 'user', action });
  }

  /** Everything said goes through one cursor over the workload. */
  #send(row: number): void {
    const { workload, ledger } = this.#options;
    const message = present(workload.messages[row], 'user message', row);
    const { id, sender, at } = message;
    this.#scheduleSend(row + 1);
    const device = present(this.#byPerson.get(sender), 'device of the sending person', sender);
    ledger.sent(id, device.node.index, at);
    if (device.node.up) this.#say(device, message);
    else device.unsaid.push(message);
  }

  #say({ node }: DeviceState, { id, conversation, text }: ScheduledMessage): void {
    const action = { kind: 'send', message: id, conversation, text } as const;
    this.#options.host.deliverToUser(node.index, { kind: 'user', action });
  }

  /** Likewise everything that is changed about conversations. Whose phone is off leaves it at that. */
  #change(row: number): void {
    const { by, conversation, change } = present(this.#options.workload.changes?.[row], 'change', row);
    this.#scheduleChange(row + 1);
    const { node } = present(this.#byPerson.get(by), 'device of the changing person', by);
    const action = { kind: 'administer', conversation, change } as const;
    if (node.up) this.#options.host.deliverToUser(node.index, { kind: 'user', action });
  }

  #resend(node: NodeIndex, message: UserMessageId): void {
    const { ledger, sink, scheduler, host } = this.#options;
    if (ledger.isAccepted(message)) return;
    const device = this.#device(node);
    this.#open(device);
    sink.record({ kind: 'resent', at: scheduler.now, message });
    host.deliverToUser(node, { kind: 'user', action: { kind: 'resend', message } });
    scheduler.schedule((scheduler.now + resendSession) as Instant, this.#events.close, node);
  }

  // --- One pending event per kind and device ---

  /** Edge 2i is the start of interval i, 2i + 1 its end. */
  #followIntervals(
    device: DeviceState,
    intervals: readonly Interval[],
    edge: number,
    event: EventKind,
  ): void {
    const interval = intervals[edge >> 1];
    if (interval === undefined) return;
    const at = edge % 2 === 0 ? interval.start : interval.end;
    this.#options.scheduler.schedule(at, event, device.node.index, undefined, edge);
  }

  #scheduleStay(device: DeviceState, stay: number): void {
    const next = device.person.stays[stay];
    if (next !== undefined)
      this.#options.scheduler.schedule(next.start, this.#events.stay, device.node.index, undefined, stay);
  }

  #scheduleWriting(row: number): void {
    const { messages, writing } = this.#options.workload;
    const message = messages[row];
    if (writing === undefined || message === undefined) return;
    const at = Math.max(0, message.at - writing) as Instant;
    this.#options.scheduler.schedule(at, this.#events.write, -1, undefined, row);
  }

  #scheduleSend(row: number): void {
    const message = this.#options.workload.messages[row];
    if (message !== undefined)
      this.#options.scheduler.schedule(message.at, this.#events.send, -1, undefined, row);
  }

  #scheduleChange(row: number): void {
    const change = this.#options.workload.changes?.[row];
    if (change !== undefined)
      this.#options.scheduler.schedule(change.at, this.#events.change, -1, undefined, row);
  }

  #access(device: DeviceState): AccessProfile {
    const { access, person, stay } = device;
    return access ?? present(person.stays[stay], 'stay of person', person.id).access;
  }

  #device(node: NodeIndex): DeviceState {
    return present(this.#byNode.get(node), 'device', node);
  }
}

/** Whether a node is a computer: it has no radio, no push service, and nobody writes on it. */
export function isComputer({ device }: NodeSpec): boolean {
  return device === 'computer';
}

function habitsOf(
  { spec, name }: HostedNode,
  { device, computer }: Person,
  horizon: Instant,
): Pick<DeviceState, 'offline' | 'open' | 'inHand' | 'access'> {
  if (isComputer(spec)) {
    const { inUse, asleep, access } = present(computer, 'computer of', name);
    return { offline: asleep, open: inUse, inHand: undefined, access };
  }
  // An application that works only while it is open is left open for longer.
  const inHand = spec.radioPart === undefined ? device.foreground : device.meshOpen;
  const { offline, off } = device;
  if (spec.worksInBackground !== true) return { offline, open: inHand, inHand: undefined, access: undefined };
  return { offline, open: gapsBetween(off, horizon), inHand, access: undefined };
}
