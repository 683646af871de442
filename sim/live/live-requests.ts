// Requests of one live node and to it, on connections that are kept for a while, as HTTP clients keep them.
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Address, Input, RequestId, RequestOptions, RequestResult, Tag } from '../../protocol/core.ts';
import type { Message } from '../../protocol/message.ts';
import { after, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import { pooledIdleLimit } from '../network/assumptions.ts';
import type { Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { EndpointSpec } from '../systems/system.ts';
import { timedOut, type Dialling, type LiveInternetOptions } from './dialling.ts';
import type { Frame, FrameHeader } from './frames.ts';
import type { Talk } from './talk.ts';

interface Exchange {
  readonly part: string;
  readonly tag: Tag;
  readonly endpoint: EndpointSpec;
  readonly talk: Talk;
  readonly options: RequestOptions;
  /** When it ends in a time-out; of a long poll, when the poll in hand does. */
  deadline: EventHandle | undefined;
  /** Before there is a connection. */
  connectDeadline: EventHandle | undefined;
  /** When the poll in hand was sent. */
  polledAt: Instant;
}

type Accept = LiveInternetOptions['accept'];

/** All requests of a node. */
export class LiveRequests {
  readonly #dialling: Dialling;
  readonly #accept: Accept;
  readonly #asking = new Map<string, Exchange>();
  readonly #byTag = new Map<string, Exchange>();
  readonly #asked = new Map<RequestId, Talk>();
  readonly #askedById = new Map<string, RequestId>();
  /** Connections to each endpoint that no request uses, by when the last one ended. */
  readonly #idle = new Map<EndpointSpec, Instant[]>();

  constructor(dialling: Dialling, accept: Accept) {
    this.#dialling = dialling;
    this.#accept = accept;
  }

  begin(part: string, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    const dialling = this.#dialling;
    const endpoint = dialling.endpoint(to);
    const local = dialling.localFailure(endpoint);
    if (local !== undefined || endpoint === undefined) {
      if (local !== undefined) dialling.at(dialling.lookUpEnds(), () => this.#failed(part, tag, local));
      return;
    }
    const line = dialling.lineTo(endpoint);
    const isPooled = this.#takeIdle(endpoint);
    const talk = dialling.begin(line, isPooled);
    const exchange: Exchange = {
      ...{ part, tag, endpoint, talk, options },
      deadline: undefined,
      connectDeadline: undefined,
      polledAt: talk.readyAt,
    };
    this.#asking.set(talk.id, exchange);
    this.#byTag.set(`${part} ${tag}`, exchange);
    this.#setDeadline(exchange);
    if (!isPooled) this.#setConnectDeadline(exchange);
    if (!isPooled && dialling.isRefused(talk, (failure) => this.#fail(exchange, failure))) return;
    const targetPart = dialling.partOf(endpoint, line.server);
    const { renewEvery } = options;
    const header: FrameHeader = {
      kind: 'request',
      id: talk.id,
      part: targetPart,
      from: dialling.ownName,
      ...(renewEvery === undefined ? {} : { renewEvery }),
    };
    dialling.courier.post(talk, header, message);
  }

  #setDeadline(exchange: Exchange): void {
    const { options, polledAt } = exchange;
    const { timeout, renewEvery } = options;
    const dialling = this.#dialling;
    if (exchange.deadline !== undefined) dialling.cancel(exchange.deadline);
    // A long poll's silence is counted from the poll in hand; a caller that allows less than a poll takes means the time beyond it.
    const at =
      renewEvery === undefined
        ? after(dialling.now, timeout)
        : after(polledAt, (timeout > renewEvery ? timeout : renewEvery + timeout) as Duration);
    exchange.deadline = dialling.at(at, () => this.#timeOut(exchange));
  }

  #setConnectDeadline(exchange: Exchange): void {
    const { connectTimeout } = exchange.options;
    const dialling = this.#dialling;
    if (connectTimeout === undefined) return;
    exchange.connectDeadline = dialling.at(after(dialling.now, connectTimeout), () => {
      if (!exchange.talk.isSetUp) this.#timeOut(exchange);
    });
  }

  #timeOut(exchange: Exchange): void {
    const { talk } = exchange;
    const phase = talk.isSetUp ? 'response' : 'connect';
    this.#fail(exchange, timedOut(phase, this.#dialling.causeOf(talk)));
  }

  // --- Long polls ---

  /** A long poll that has nothing to say comes back empty after a while. */
  #comesBackEmpty(id: string, every: number): void {
    const dialling = this.#dialling;
    dialling.at(after(dialling.now, every as Duration), () => {
      const request = this.#askedById.get(id);
      const talk = request === undefined ? undefined : this.#asked.get(request);
      if (talk !== undefined) dialling.courier.post(talk, { kind: 'polled', id }, undefined);
    });
  }

  /** The client asks anew. */
  polled(from: NodeIndex, { header }: Frame): void {
    const { id, renewEvery = 0 } = header;
    if (this.#askedById.has(id)) this.#comesBackEmpty(id, renewEvery);
    else this.#dialling.tellUnknown(id, from);
  }

  /** The server had nothing to say: the client asks anew, and its patience begins anew. */
  pollAnswered({ header }: Frame): void {
    const exchange = this.#asking.get(header.id);
    const renewEvery = exchange?.options.renewEvery;
    if (exchange === undefined || renewEvery === undefined) return;
    const { talk } = exchange;
    exchange.polledAt = this.#dialling.now;
    this.#setDeadline(exchange);
    this.#dialling.courier.post(talk, { kind: 'poll', id: talk.id, renewEvery }, undefined);
  }

  abandon(part: string, tag: Tag): void {
    const exchange = this.#byTag.get(`${part} ${tag}`);
    if (exchange !== undefined) this.#forget(exchange);
  }

  respond(request: RequestId, message: Message): void {
    this.#answer(request, { kind: 'response' }, message);
  }

  refuse(
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
    cause: CauseToken,
  ): void {
    const faults = this.#dialling.faultsBehind(cause);
    const hint = retryAfterMs === undefined ? {} : { retryAfterMs };
    this.#answer(request, { kind: 'response', status, faults, ...hint }, message);
  }

  #answer(request: RequestId, header: Omit<FrameHeader, 'id'>, message: Message | undefined): void {
    const talk = this.#asked.get(request);
    this.#drop(request);
    if (talk !== undefined) this.#dialling.courier.post(talk, { ...header, id: talk.id }, message);
  }

  // --- What comes ---

  asked(from: NodeIndex, frame: Frame): void {
    const { id, part = '', from: name = '', renewEvery } = frame.header;
    const message = this.#dialling.decode(frame);
    if (message === undefined) return;
    const request = this.#dialling.nextNumber() as RequestId;
    this.#asked.set(request, this.#dialling.answering(id, from));
    this.#askedById.set(id, request);
    if (renewEvery !== undefined) this.#comesBackEmpty(id, renewEvery);
    const input: Input = { kind: 'request', id: request, from: name as Address, message };
    this.#accept(part, input, this.#dialling.transitOf(from, frame));
  }

  answered(from: NodeIndex, frame: Frame): void {
    const { id, status, retryAfterMs, faults = [] } = frame.header;
    const exchange = this.#asking.get(id);
    if (exchange === undefined) return;
    exchange.talk.isSetUp = true;
    const message = this.#dialling.decode(frame);
    const transit = this.#dialling.transitOf(from, frame);
    if (status === undefined) {
      if (message !== undefined) this.#end(exchange, { ok: true, message }, transit);
      return;
    }
    const failure: Failure = {
      kind: 'status',
      status,
      // 4xx and 503 say that nothing was done; other 5xx leave it open (RFC 9110 §15.5, §15.6).
      definite: status < 500 || status === 503,
      cause: this.#dialling.internFaults(faults),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    const result = { ok: false, failure, ...(message === undefined ? {} : { message }) } as const;
    this.#end(exchange, result, transit);
  }

  // --- The end ---

  #fail(exchange: Exchange, failure: Failure): void {
    this.#end(exchange, { ok: false, failure }, undefined);
  }

  #end(exchange: Exchange, result: RequestResult, transit: Transit | undefined): void {
    if (this.#asking.get(exchange.talk.id) !== exchange) return;
    this.#forget(exchange);
    const { part, tag, endpoint, talk } = exchange;
    const canCarryAnother = result.ok || result.failure.kind === 'status';
    if (canCarryAnother && !this.#dialling.isAbsent(talk.peer))
      this.#idleAt(endpoint).push(this.#dialling.now);
    this.#accept(part, { kind: 'response', tag, result }, transit);
  }

  #failed(part: string, tag: Tag, failure: Failure): void {
    this.#accept(part, { kind: 'response', tag, result: { ok: false, failure } }, undefined);
  }

  #forget(exchange: Exchange): void {
    const { talk, part, tag, deadline, connectDeadline } = exchange;
    for (const event of [deadline, connectDeadline]) if (event !== undefined) this.#dialling.cancel(event);
    this.#dialling.courier.silence(talk);
    this.#asking.delete(talk.id);
    // The tag may belong to a later request by now.
    if (this.#byTag.get(`${part} ${tag}`) === exchange) this.#byTag.delete(`${part} ${tag}`);
  }

  #drop(request: RequestId): void {
    const talk = this.#asked.get(request);
    if (talk !== undefined) this.#askedById.delete(talk.id);
    this.#asked.delete(request);
  }

  /** Requests of this node that the peer was to answer. */
  talksWith(node: NodeIndex): readonly Talk[] {
    return [...this.#asking.values()].map(({ talk }) => talk).filter(({ peer }) => peer === node);
  }

  talk(id: string): Talk | undefined {
    return this.#asking.get(id)?.talk;
  }

  failTalk(talk: Talk, failure: Failure): void {
    const exchange = this.#asking.get(talk.id);
    if (exchange !== undefined) this.#fail(exchange, failure);
  }

  /** The peer is gone: nobody waits for its answers, and connections with it are closed. */
  forgetPeer(node: NodeIndex): void {
    for (const endpoint of [...this.#idle.keys()])
      if (endpoint.targets.some((target) => target.node === node)) this.#idle.delete(endpoint);
    for (const [request, talk] of [...this.#asked]) if (talk.peer === node) this.#drop(request);
  }

  /** The device's own network came or went. */
  networkChanged(): void {
    this.#idle.clear();
    for (const exchange of [...this.#asking.values()])
      this.#fail(exchange, { kind: 'offline', definite: !exchange.talk.isSetUp, cause: noCause });
  }

  clear(): void {
    for (const exchange of [...this.#asking.values()]) this.#forget(exchange);
    for (const talk of this.#asked.values()) this.#dialling.courier.silence(talk);
    this.#asked.clear();
    this.#askedById.clear();
    this.#idle.clear();
  }

  // --- Connections that are kept ---

  #takeIdle(endpoint: EndpointSpec): boolean {
    const idle = this.#idleAt(endpoint);
    for (let since = idle.pop(); since !== undefined; since = idle.pop())
      if (this.#dialling.now - since < pooledIdleLimit) return true;
    return false;
  }

  #idleAt(endpoint: EndpointSpec): Instant[] {
    let idle = this.#idle.get(endpoint);
    if (idle === undefined) this.#idle.set(endpoint, (idle = []));
    return idle;
  }
}
