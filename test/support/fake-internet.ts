// A small Internet for tests of the host: fixed latency, endpoints by name, links, requests; no paths and no faults
// but those that a test asks for.
import type { Address, Input, RequestId, RequestOptions, Tag } from '../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { milliseconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventKind } from '../../sim/kernel/scheduler.ts';
import type { InternetMedium, MediumHost, Port, Transit } from '../../sim/network/medium.ts';
import type { NodeIndex } from '../../sim/observation.ts';
import type { EndpointSpec, WarmLink } from '../../sim/systems/system.ts';

interface Exchange {
  readonly from: Port;
  readonly to: Port;
  readonly tag: Tag;
  over: boolean;
}

interface Link {
  readonly ends: readonly [Port, Port];
  up: boolean;
}

interface Parcel {
  readonly to: Port;
  readonly input: Input;
  readonly transit: Transit | undefined;
  readonly link: Link | undefined;
}

/** Reasons and results are as the real transport's; everything takes the same time. */
export class FakeInternet implements InternetMedium {
  readonly latency: Duration;
  readonly #host: MediumHost;
  readonly #parcel: EventKind;
  readonly #timeout: EventKind;
  readonly #endpoints = new Map<Address, Port>();
  readonly #exchanges = new Map<RequestId, Exchange>();
  readonly #links = new Map<Address, Link>();
  readonly #offline = new Set<NodeIndex>();
  #nextRequest = 1;
  #nextLink = 1;

  constructor(host: MediumHost, latency: Duration = milliseconds(50)) {
    this.#host = host;
    this.latency = latency;
    this.#parcel = host.scheduler.register('fake-parcel', (_node, payload) =>
      this.#arrive(payload as Parcel),
    );
    this.#timeout = host.scheduler.register('fake-timeout', (_node, _payload, request) =>
      this.#timesOut(request as RequestId),
    );
  }

  addEndpoint(endpoint: EndpointSpec): void {
    const target = endpoint.targets[0];
    if (target !== undefined) this.#endpoints.set(endpoint.name, target);
  }

  openWarmLinks(links: readonly WarmLink[]): void {
    for (const link of links) {
      const to = this.#endpoints.get(link.to);
      if (to !== undefined) this.#join({ node: link.client, part: link.part }, to, link.to, link.tag, 0);
    }
  }

  request(from: Port, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    const target = this.#endpoints.get(to);
    const failure = this.#obstacle(from, target);
    if (failure !== undefined || target === undefined) {
      const result = { ok: false, failure: failure ?? unresolved } as const;
      return this.#post(from, from, { kind: 'response', tag, result }, false);
    }
    const id = this.#nextRequest++ as RequestId;
    this.#exchanges.set(id, { from, to: target, tag, over: false });
    const carried = this.#host.carry(message);
    this.#host.countBytes('internet', this.#host.byteLength(message));
    const name = this.#host.nodeName(from.node) as Address;
    this.#post(from, target, { kind: 'request', id, from: name, message: carried }, true);
    const at = (this.#host.scheduler.now + options.timeout) as Instant;
    this.#host.scheduler.schedule(at, this.#timeout, from.node, undefined, id);
  }

  abandon(from: Port, tag: Tag): void {
    for (const exchange of this.#exchanges.values())
      if (exchange.from.node === from.node && exchange.tag === tag) exchange.over = true;
  }

  respond(_from: Port, request: RequestId, message: Message): void {
    this.#answer(request, { ok: true, message: this.#host.carry(message) });
  }

  refuse(
    _from: Port,
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void {
    const failure: Failure = {
      // 4xx and 503 say that nothing was done; other 5xx leave it open (RFC 9110 §15.5, §15.6).
      definite: status < 500 || status === 503,
      cause: noCause,
      kind: 'status',
      status,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
    this.#answer(request, { ok: false, failure, ...(message === undefined ? {} : { message }) });
  }

  isAwaited(request: RequestId): boolean {
    return this.#exchanges.get(request)?.over === false;
  }

  connect(from: Port, to: Address, tag: Tag): void {
    const target = this.#endpoints.get(to);
    const failure = this.#obstacle(from, target);
    if (failure !== undefined || target === undefined)
      this.#post(from, from, { kind: 'link-down', tag, failure: failure ?? unresolved }, false);
    else this.#join(from, target, to, tag, this.latency);
  }

  send(from: Port, address: Address, message: Message): void {
    const link = this.#links.get(address);
    if (link?.up !== true) return;
    const to =
      link.ends[0].node === from.node && link.ends[0].part === from.part ? link.ends[1] : link.ends[0];
    this.#host.countBytes('internet', this.#host.byteLength(message));
    const input = { kind: 'message', from: address, message: this.#host.carry(message) } as const;
    this.#post(from, to, input, true, link);
  }

  disconnect(from: Port, address: Address, code: number | undefined): void {
    const link = this.#links.get(address);
    if (link?.up !== true) return;
    link.up = false;
    this.#links.delete(address);
    const other = link.ends[0].node === from.node ? link.ends[1] : link.ends[0];
    const failure: Failure = {
      definite: false,
      cause: noCause,
      kind: 'closed',
      ...(code === undefined ? {} : { code }),
    };
    this.#post(from, other, { kind: 'link-down', link: address, failure }, false);
  }

  nodeChanged(node: NodeIndex, up: boolean, cause: CauseToken): void {
    if (up) return;
    this.#breakLinks(node, { definite: false, cause, kind: 'reset' });
    for (const [id, exchange] of this.#exchanges)
      if (exchange.to.node === node && !exchange.over)
        this.#answer(id, { ok: false, failure: { definite: false, cause, kind: 'reset' } });
  }

  deviceNetworkChanged(node: NodeIndex, up: boolean, cause: CauseToken): void {
    if (up) this.#offline.delete(node);
    else this.#offline.add(node);
    this.#breakLinks(node, { definite: false, cause, kind: 'reset' });
  }

  #obstacle(from: Port, target: Port | undefined): Failure | undefined {
    if (this.#offline.has(from.node)) return { definite: true, cause: noCause, kind: 'offline' };
    if (target === undefined) return unresolved;
    if (!this.#host.isUp(target.node)) return { definite: true, cause: noCause, kind: 'refused' };
    return undefined;
  }

  #join(from: Port, to: Port, name: Address, tag: Tag, delay: number): void {
    const address = `link:${this.#nextLink++}` as Address;
    const link: Link = { ends: [from, to], up: true };
    this.#links.set(address, link);
    const peer = this.#host.nodeName(from.node) as Address;
    this.#post(from, from, { kind: 'link-up', link: address, peer: name, tag }, false, undefined, delay);
    this.#post(from, to, { kind: 'link-up', link: address, peer }, false, undefined, delay);
  }

  #breakLinks(node: NodeIndex, failure: Failure): void {
    for (const [address, link] of this.#links) {
      if (!link.up || !link.ends.some((end) => end.node === node)) continue;
      link.up = false;
      this.#links.delete(address);
      for (const end of link.ends) this.#post(end, end, { kind: 'link-down', link: address, failure }, false);
    }
  }

  #answer(request: RequestId, result: Extract<Input, { kind: 'response' }>['result']): void {
    const exchange = this.#exchanges.get(request);
    if (exchange === undefined || exchange.over) return;
    exchange.over = true;
    this.#post(exchange.to, exchange.from, { kind: 'response', tag: exchange.tag, result }, result.ok);
  }

  #timesOut(request: RequestId): void {
    const exchange = this.#exchanges.get(request);
    this.#exchanges.delete(request);
    if (exchange === undefined || exchange.over) return;
    const failure: Failure = { definite: false, cause: noCause, kind: 'timed-out', phase: 'response' };
    const input: Input = { kind: 'response', tag: exchange.tag, result: { ok: false, failure } };
    this.#host.deliver(exchange.from, input, undefined);
  }

  #post(
    from: Port,
    to: Port,
    input: Input,
    withTransit: boolean,
    link?: Link,
    delay: number = this.latency,
  ): void {
    const { now } = this.#host.scheduler;
    const until = (now + delay) as Instant;
    const legs = [{ until, reason: 'in-flight', cause: noCause }] as const;
    const transit: Transit | undefined = withTransit ? { from: from.node, sentAt: now, legs } : undefined;
    const parcel: Parcel = { to, input, transit, link };
    this.#host.scheduler.schedule(until, this.#parcel, to.node, parcel);
  }

  #arrive(parcel: Parcel): void {
    const { to, input, transit, link } = parcel;
    if (link?.up === false) return;
    if (transit !== undefined && this.#offline.has(to.node)) return;
    this.#host.deliver(to, input, transit);
  }
}

const unresolved: Failure = { definite: true, cause: noCause, kind: 'unresolved', answer: 'nxdomain' };
