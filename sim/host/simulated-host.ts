// The simulator's host of all nodes: hands inputs to cores, one at a time and in order, and carries out their effects.
import { assert, InvariantViolation, present } from '../../protocol/assert.ts';
import { equalBytes } from '../../protocol/bytes.ts';
import type { Input, RequestId } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../../protocol/message.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { MessageLedger } from '../blame.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { Trace } from '../kernel/trace.ts';
import type { MediumHost, Port, Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { EffectSink, type WorkSegment } from './effect-sink.ts';
import { LoadMeter } from './load-meter.ts';
import { carriedBy, failureOf, messageOf, traceInput } from './input-content.ts';
import type { DiskFate } from './node-health.ts';
import type { NodeHost } from './node-host.ts';
import { isRadioLink, NodeActions, partOf, type HostAttachments, type InputTaker } from './node-actions.ts';
import type { ForeignWork, HostedNode, HostedPart, PendingTimer, WaitingInput } from './node.ts';
import type { Clocks, Surroundings } from './surroundings.ts';
import type { TrafficMeter } from './traffic.ts';
import type { Watcher } from '../watcher.ts';

/** Service Unavailable: the server "is currently unable to handle the request due to a temporary overload", RFC 9110 §15.6.4. */
const overloaded = 503;

/** What a host is made of. */
export interface HostOptions {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly codec: Codec;
  readonly nodes: readonly HostedNode[];
  readonly ledger: MessageLedger;
  readonly traffic: TrafficMeter;
  readonly draw: AddressedDraw;
  /** Every message on a medium goes through its codec. */
  readonly encodeEverything: boolean;
  readonly watcher: Watcher | undefined;
}

/** Runs the cores of every node of one simulation. */
export class SimulatedHost implements MediumHost, InputTaker, NodeHost {
  readonly scheduler: Scheduler;
  readonly draw: AddressedDraw;
  readonly isWatched: boolean;
  readonly load: LoadMeter;
  readonly #options: HostOptions;
  readonly #nodes: readonly HostedNode[];
  readonly #actions: NodeActions;
  readonly #sink: EffectSink;
  readonly #inputEvent: EventKind;
  readonly #workEvent: EventKind;
  readonly #foreignEvent: EventKind;
  #attached: HostAttachments | undefined;
  #stepping = false;
  #inputs = 0;
  /** Undefined where no clock of the run ever goes wrong. */
  #clocks: Clocks | undefined;
  /** User messages that the input in hand brought: work that it causes is done on them. */
  #carried: readonly UserMessageId[] = carriesNothing;
  #causeInHand: CauseToken = noCause;
  /** Devices whose last word from the Internet was a failure with a known fault. */
  readonly #cutFromInternet = new Set<NodeIndex>();

  constructor(options: HostOptions) {
    this.#options = options;
    this.#nodes = options.nodes;
    this.#actions = new NodeActions(options.scheduler, this);
    this.#sink = new EffectSink(this.#actions);
    this.scheduler = options.scheduler;
    this.draw = options.draw;
    this.isWatched = options.watcher !== undefined;
    this.load = new LoadMeter(options.nodes.length);
    this.#inputEvent = this.scheduler.register('input', (_node, payload) =>
      this.#accept(payload as WaitingInput),
    );
    this.#foreignEvent = this.scheduler.register('foreign-done', (index, _payload, incarnation) => {
      const node = this.node(index);
      if (incarnation === node.incarnation) this.#processorFree(node);
    });
    this.#workEvent = this.scheduler.register('work-done', (_node, payload) =>
      this.#finishWork(payload as WorkSegment),
    );
  }

  attach(attachments: HostAttachments): void {
    this.#attached = attachments;
    this.#actions.attach(attachments);
    const { surroundings } = attachments;
    const { clocks, conduct, health } = surroundings;
    conduct?.onChange((node, behaviour) => this.#turn(this.node(node), behaviour));
    surroundings.load?.((node, work, cause) => this.takeForeign(node, work, cause));
    if (!health.mayRollBack)
      for (const { parts } of this.#nodes)
        for (const { storage } of parts.values()) storage.isNeverRolledBack();
    if (clocks?.any !== true) return;
    this.#clocks = clocks;
    for (const node of this.#nodes) node.clock.disturbance = () => clocks.skewMs(node.index);
  }

  // --- What media and the world ask ---

  deliver(port: Port, input: Input, transit: Transit | undefined): void {
    const node = this.node(port.node);
    if (node.up) this.hand(partOf(node, port.part), input, transit, undefined);
  }

  /** Hands an input to the part that stands for the person or device. Nothing happens when there is none. */
  deliverToUser(index: NodeIndex, input: Input, transit?: Transit): void {
    const node = this.node(index);
    if (node.spec.userPart === undefined || !node.up) return;
    this.hand(partOf(node, node.spec.userPart), input, transit, undefined);
  }

  get causeInHand(): CauseToken {
    return this.#causeInHand;
  }

  isUp(index: NodeIndex): boolean {
    return this.node(index).up;
  }

  pressedBy(index: NodeIndex): CauseToken {
    const { pressedBy, cache } = this.node(index);
    return pressedBy === noCause ? (cache?.cause ?? noCause) : pressedBy;
  }

  nodeName(index: NodeIndex): string {
    return this.node(index).name;
  }

  byteLength(message: Message): number {
    return this.#options.trace.byteLength(message);
  }

  carry(message: Message): Message {
    if (!this.#options.encodeEverything) return message;
    const { codec } = this.#options;
    const bytes = codec.encode(message);
    assert(
      bytes.length === codec.byteLength(message),
      `the codec says how long a ${message.kind} is: ${codec.byteLength(message)}, and makes ${bytes.length} bytes of it`,
    );
    const copy = present(codec.decode(bytes, message.carries), `decoded ${message.kind}`);
    assert(equalBytes(codec.encode(copy), bytes), `a decoded ${message.kind} is what was encoded`);
    const { cause, passedOn } = message;
    return cause === undefined && passedOn === undefined
      ? copy
      : {
          ...copy,
          ...(cause === undefined ? {} : { cause }),
          ...(passedOn === undefined ? {} : { passedOn }),
        };
  }

  countBytes(medium: 'internet' | 'radio', bytes: number, airMicroseconds = 0): void {
    this.#options.traffic.count(medium, bytes, airMicroseconds);
  }

  countScanning(microseconds: number): void {
    this.#options.traffic.countScanning(microseconds);
  }

  node(index: NodeIndex): HostedNode {
    const node = this.#nodes[index];
    if (node === undefined) throw new InvariantViolation(`missing: node ${index}`);
    return node;
  }

  // --- Life of a node ---

  /** Builds the node's cores from what is stored and starts them. */
  start(index: NodeIndex): void {
    this.build(index);
    this.begin(index);
    this.#surroundings.internet.nodeChanged(index, true, noCause);
  }

  /** Builds the node's cores from what is stored; they answer from now on. */
  build(index: NodeIndex): void {
    const node = this.node(index);
    assert(!node.up, `${node.name} runs already`);
    node.up = true;
    for (const part of node.parts.values())
      part.core = part.factory(node.incarnation === 0 ? undefined : part.storage.stored());
    this.#options.ledger.nodeUp(index, this.scheduler.now);
    this.#options.watcher?.running(index, this.scheduler.now, true, noCause);
  }

  /** The first input of each of the node's cores. */
  begin(index: NodeIndex): void {
    for (const part of this.node(index).parts.values())
      this.hand(part, { kind: 'start' }, undefined, undefined);
    const behaviour = this.#surroundings.conduct?.of(index);
    if (behaviour !== undefined) this.#turn(this.node(index), behaviour);
  }

  /** The software of a machine is hostile from now on, or honest again. */
  #turn(node: HostedNode, behaviour: string | undefined): void {
    if (!node.up) return;
    const order = `turn/${behaviour ?? 'honest'}` as const;
    for (const part of node.parts.values())
      this.hand(part, { kind: 'operator', order }, undefined, undefined);
  }

  /** The node will come back with less on its disk than it has written there. */
  forgets(node: HostedNode, cause: CauseToken): void {
    node.forgotBy = cause;
    node.forgotAt = this.scheduler.now;
  }

  /** Memory, timers and work are gone; connections break. */
  stop(index: NodeIndex, disk: DiskFate, cause: CauseToken): void {
    const node = this.node(index);
    if (!node.up) return;
    const { now } = this.scheduler;
    node.up = false;
    node.incarnation++;
    node.busy = 0;
    node.waiting.clear();
    node.pressedBy = noCause;
    node.cache?.chill(cause);
    if (disk !== 'kept') this.forgets(node, cause);
    if (disk === 'lost') this.#parts.facts.diskLost(index, now);
    for (const part of node.parts.values()) {
      part.core = undefined;
      part.storage.crash(disk, now);
      for (const timer of part.timers.values()) this.scheduler.cancel(timer.handle);
      part.timers.clear();
    }
    this.#options.ledger.nodeDown(index, now, cause);
    // What waits elsewhere for somebody's phone waits because of this, until the phone runs and has got through again.
    this.hindered(index, cause);
    this.#options.watcher?.running(index, now, false, cause);
    this.#surroundings.internet.nodeChanged(index, false, cause);
    if (node.spec.radioPart !== undefined) this.#surroundings.radio?.radioChanged(index, false);
  }

  // --- Inputs ---

  /** Hands an input to a core, or queues it behind the node's work. */
  hand(part: HostedPart, input: Input, transit: Transit | undefined, timer: PendingTimer | undefined): void {
    const { node } = part;
    const { now } = this.scheduler;
    if (!this.#stepping && node.busy < node.processors) {
      if (this.#admits(part, input)) this.#step(part, input, transit, timer, now);
      return;
    }
    const { incarnation } = node;
    const waiting = { part, input, transit, timer, arrivedAt: now, incarnation, number: this.#inputs++ };
    // A core is never entered while a core is at work: what an effect brings about at once comes right after.
    if (this.#stepping) this.scheduler.schedule(now, this.#inputEvent, node.index, waiting);
    else if (this.#admits(part, input)) this.#wait(waiting);
  }

  /** Whether the server's admission control lets an input in; a request that it does not is turned away. */
  #admits(part: HostedPart, input: Input): boolean {
    const { admission } = part.node;
    if (admission === undefined || input.kind !== 'request') return true;
    if (admission.take(this.scheduler.now)) return true;
    this.#turnAway(part, input.id);
    return false;
  }

  #wait(waiting: WaitingInput): void {
    const { part, input } = waiting;
    if (!part.node.waiting.add(waiting) && input.kind === 'request') this.#turnAway(part, input.id);
  }

  #turnAway(part: HostedPart, request: RequestId): void {
    const before = this.#causeInHand;
    this.#causeInHand = part.node.pressedBy;
    this.#surroundings.internet.refuse(part.port, request, overloaded, undefined, undefined);
    this.#causeInHand = before;
  }

  // --- Requests of strangers ---

  /** Takes a processor of a machine for a while, after what waits there already; turned away where there is no room. */
  takeForeign(index: NodeIndex, work: Duration, cause: CauseToken): void {
    const node = this.node(index);
    if (!node.up) return;
    const foreign = { work, cause, number: this.#inputs++ };
    node.pressedBy = cause;
    if (node.busy < node.processors) this.#workForStranger(node, foreign);
    else node.waiting.add(foreign);
  }

  #workForStranger(node: HostedNode, { work }: ForeignWork): void {
    const { component } = node.spec;
    const factor = component === undefined ? 1 : this.#surroundings.health.workFactor(component);
    node.busy++;
    const duration = Math.round(work * factor) as Duration;
    this.load.works(node.index, this.scheduler.now, duration);
    const at = (this.scheduler.now + duration) as Instant;
    this.scheduler.schedule(at, this.#foreignEvent, node.index, undefined, node.incarnation);
  }

  /** An input that an effect brought about, after the core's step. */
  #accept(waiting: WaitingInput): void {
    const { part, input, incarnation } = waiting;
    const { node } = part;
    if (incarnation !== node.incarnation || !this.#admits(part, input)) return;
    if (node.busy >= node.processors) this.#wait(waiting);
    else this.#begin(waiting);
  }

  #begin({ part, input, transit, timer, arrivedAt, incarnation }: WaitingInput): void {
    if (incarnation === part.node.incarnation) this.#step(part, input, transit, timer, arrivedAt);
  }

  #step(
    part: HostedPart,
    input: Input,
    transit: Transit | undefined,
    timer: PendingTimer | undefined,
    arrivedAt: Instant,
  ): void {
    if (timer !== undefined) {
      if (part.timers.get(timer.name) !== timer) return;
      part.timers.delete(timer.name);
    }
    const { node, core } = part;
    if (core === undefined) throw new InvariantViolation(`missing: core of a running ${node.name}`);
    const { now } = this.scheduler;
    const { incarnation } = node;
    const failure = failureOf(input);
    this.#carried = carriedBy(input);
    this.#causeInHand = this.#causeOf(failure, node);
    if (transit !== undefined && this.#carried.length > 0)
      this.#arrive(node, transit, messageOf(input)?.passedOn, arrivedAt, now);
    if (node.isDevice) this.#noteReach(node, input, failure, now);
    if (input.kind === 'request') node.cache?.served();
    if (this.#options.trace.isOn) traceInput(this.#options.trace, node.index, part.index, input);
    this.load.took(node.index);
    this.#options.watcher?.took({ at: now, node: node.index, part: part.port.part, input, transit });
    node.clock.set(now);
    this.#stepping = true;
    this.#sink.begin(part);
    core.step(node.clock, input, this.#sink);
    const work = this.#sink.end();
    this.#stepping = false;
    // A core may have switched its own node off.
    if (work !== undefined && incarnation === node.incarnation) this.#beginWork(node, work, now);
    this.#carried = carriesNothing;
    this.#causeInHand = noCause;
  }

  /**
   * Faults behind what a core does with an input: behind the failure it brings, else behind a wrong clock of its node,
   * else behind the loss of what its node once knew.
   */
  #causeOf(failure: Failure | undefined, node: HostedNode): CauseToken {
    const cause = failure?.cause ?? noCause;
    if (cause !== noCause) return cause;
    const clock = this.#clocks === undefined ? noCause : this.#clocks.causeOf(node.index);
    return clock === noCause ? node.forgotBy : clock;
  }

  /** The user messages that an input carries are at its node now; the wait for the processor belongs to the way. */
  #arrive(
    node: HostedNode,
    transit: Transit,
    passedOn: boolean | undefined,
    arrivedAt: Instant,
    now: Instant,
  ): void {
    let way = transit;
    if (arrivedAt < now) {
      const slowed = this.#slowedBy(node);
      const cause = slowed === noCause ? node.pressedBy : slowed;
      way = { ...transit, legs: [...transit.legs, { until: now, reason: 'server-queue', cause }] };
    }
    const end = way.legs.at(-1)?.until;
    if (end !== now)
      throw new InvariantViolation(
        `the way of an input ends at ${end ?? 'no time'}, but it arrives at ${now}`,
      );
    for (const message of this.#carried)
      this.#options.ledger.arrived(message, node.index, now, way, passedOn);
  }

  /** Faults because of which work takes longer at the node. */
  #slowedBy({ spec: { component }, cache }: HostedNode): CauseToken {
    const { health } = this.#surroundings;
    const isSlow = component !== undefined && health.workFactor(component) > 1;
    return isSlow ? health.causeOf(component) : (cache?.cause ?? noCause);
  }

  /** Whether a device gets through, as its own attempts show. */
  #noteReach(node: HostedNode, input: Input, failure: Failure | undefined, now: Instant): void {
    const { ledger } = this.#options;
    if (failure !== undefined) {
      if (failure.cause === noCause) return;
      if (!cameByRadio(input)) this.#cutFromInternet.add(node.index);
      ledger.cutOff(node.index, now, failure.cause);
    } else if (input.kind === 'message' || input.kind === 'response') {
      const cut = this.#cutFromInternet;
      if (cut.size > 0) {
        // A neighbour's word by radio does not say that the Internet is back.
        if (cameByRadio(input) && cut.has(node.index)) return;
        // Not a link alone: the service behind it may close it again before it says anything.
        cut.delete(node.index);
      }
      ledger.throughAgain(node.index, now);
    }
  }

  hindered(index: NodeIndex, cause: CauseToken): void {
    const person = this.#options.nodes[index]?.spec.person;
    if (person !== undefined && cause !== noCause)
      this.#options.ledger.cutOff(index, this.scheduler.now, cause);
  }

  // --- Work ---

  #beginWork(node: HostedNode, segments: readonly WorkSegment[], now: Instant): void {
    node.busy++;
    this.load.works(node.index, now, segments.at(-1)?.after ?? (0 as Duration));
    if (this.#carried.length > 0)
      this.#options.ledger.computing(this.#carried, node.index, now, this.#slowedBy(node));
    for (const segment of segments)
      this.scheduler.schedule((now + segment.after) as Instant, this.#workEvent, node.index, segment);
  }

  #finishWork(segment: WorkSegment): void {
    const { part } = segment;
    const { node } = part;
    if (segment.incarnation !== node.incarnation) return;
    // Effects of the work may reach media, which may answer at once: still no core is entered before they are all out.
    this.#stepping = true;
    this.#causeInHand = segment.cause;
    for (const effect of segment.effects) this.#sink.perform(part, effect);
    this.#causeInHand = noCause;
    this.#stepping = false;
    if (segment.last) this.#processorFree(node);
  }

  #processorFree(node: HostedNode): void {
    node.busy--;
    while (node.busy < node.processors) {
      const next = node.waiting.take();
      if (next === undefined) {
        node.pressedBy = noCause;
        return;
      }
      if (!('input' in next)) {
        this.#workForStranger(node, next);
        continue;
      }
      const { input } = next;
      const inVain = input.kind === 'request' && node.waiting.checksClient;
      if (!inVain || this.#surroundings.internet.isAwaited(input.id)) this.#begin(next);
    }
  }

  get #parts(): HostAttachments {
    return present(this.#attached, 'attachments of the host');
  }

  get #surroundings(): Surroundings {
    return this.#parts.surroundings;
  }
}

/** Whether an input came over a radio link. */
function cameByRadio(input: Input): boolean {
  if (input.kind === 'message') return isRadioLink(input.from);
  return input.kind === 'link-down' && input.link !== undefined && isRadioLink(input.link);
}
