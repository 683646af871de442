// Links of one live node: connections that stay open, on which either side speaks when it likes.
import { noCause, type Failure } from '../../protocol/failure.ts';
import type { Address, ConnectOptions, Tag } from '../../protocol/core.ts';
import type { Message } from '../../protocol/message.ts';
import { after, type Instant } from '../../protocol/time.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import { timedOut, type Dialling, type LiveInternetOptions } from './dialling.ts';
import type { Frame } from './frames.ts';
import type { Talk } from './talk.ts';

interface Link {
  readonly address: Address;
  readonly part: string;
  readonly talk: Talk;
  /** Undefined once it is open, and at the side that was connected to. */
  opening: { readonly tag: Tag; readonly to: Address; readonly deadline: EventHandle } | undefined;
  readonly keepAlive: ConnectOptions['keepAlive'];
  heardAt: Instant;
  ping: EventHandle | undefined;
}

type Accept = LiveInternetOptions['accept'];

/** All links of a node. */
export class LiveLinks {
  readonly #dialling: Dialling;
  readonly #accept: Accept;
  readonly #links = new Map<string, Link>();
  readonly #byAddress = new Map<Address, Link>();

  constructor(dialling: Dialling, accept: Accept) {
    this.#dialling = dialling;
    this.#accept = accept;
  }

  connect(part: string, to: Address, tag: Tag, options: ConnectOptions): void {
    const dialling = this.#dialling;
    const endpoint = dialling.endpoint(to);
    const local = dialling.localFailure(endpoint);
    if (local !== undefined || endpoint === undefined) {
      if (local !== undefined)
        dialling.at(dialling.lookUpEnds(), () =>
          this.#accept(part, { kind: 'link-down', tag, failure: local }, undefined),
        );
      return;
    }
    const line = dialling.lineTo(endpoint);
    const talk = dialling.begin(line, false);
    const deadline = dialling.at(after(dialling.now, options.timeout), () =>
      this.#down(link, timedOut('connect', dialling.causeOf(talk))),
    );
    const link = this.#keep(talk, part, { tag, to, deadline }, options.keepAlive);
    if (dialling.isRefused(talk, (failure) => this.#down(link, failure))) return;
    const targetPart = dialling.partOf(endpoint, line.server);
    const header = { kind: 'open', id: talk.id, part: targetPart, from: dialling.ownName } as const;
    dialling.courier.post(talk, header, undefined);
  }

  send(address: Address, message: Message): void {
    const link = this.#byAddress.get(address);
    if (link !== undefined)
      this.#dialling.courier.post(link.talk, { kind: 'message', id: link.talk.id }, message);
  }

  disconnect(address: Address, code: number | undefined): void {
    const link = this.#byAddress.get(address);
    if (link === undefined) return;
    this.#drop(link);
    const close = { kind: 'close', id: link.talk.id, ...(code === undefined ? {} : { code }) } as const;
    this.#dialling.courier.post(link.talk, close, undefined);
  }

  #keep(talk: Talk, part: string, opening: Link['opening'], keepAlive: ConnectOptions['keepAlive']): Link {
    const { ownName, now } = this.#dialling;
    const address = `link:${ownName}/${this.#dialling.nextNumber()}` as Address;
    const link: Link = { address, part, talk, opening, keepAlive, heardAt: now, ping: undefined };
    this.#links.set(talk.id, link);
    this.#byAddress.set(address, link);
    return link;
  }

  // --- What comes ---

  opened(from: NodeIndex, { header }: Frame): void {
    const { id, part = '', from: name = '' } = header;
    const link = this.#keep(this.#dialling.answering(id, from), part, undefined, undefined);
    // Consent goes before whatever the core says at once.
    this.#dialling.courier.post(link.talk, { kind: 'opened', id }, undefined);
    this.#accept(part, { kind: 'link-up', link: link.address, peer: name as Address }, undefined);
  }

  said(from: NodeIndex, frame: Frame): void {
    const { id, kind, code } = frame.header;
    const link = this.#links.get(id);
    if (link === undefined) {
      // It was closed here, or belongs to an earlier life.
      if (kind === 'message' || kind === 'ping') this.#dialling.tellUnknown(id, from);
      return;
    }
    link.heardAt = this.#dialling.now;
    link.talk.isSetUp = true;
    if (kind === 'opened') return this.#isOpen(link);
    if (kind === 'ping') return this.#dialling.courier.post(link.talk, { kind: 'pong', id }, undefined);
    if (kind === 'close') {
      const closed = { kind: 'closed', definite: false, cause: noCause } as const;
      return this.#down(link, { ...closed, ...(code === undefined ? {} : { code }) });
    }
    const message = kind === 'message' ? this.#dialling.decode(frame) : undefined;
    if (message === undefined) return;
    const transit = this.#dialling.transitOf(from, frame);
    this.#accept(link.part, { kind: 'message', from: link.address, message }, transit);
  }

  #isOpen(link: Link): void {
    const { opening, address, keepAlive } = link;
    if (opening === undefined) return;
    link.opening = undefined;
    this.#dialling.cancel(opening.deadline);
    if (keepAlive !== undefined) this.#schedulePing(link, keepAlive);
    const { tag, to } = opening;
    this.#accept(link.part, { kind: 'link-up', link: address, peer: to, tag }, undefined);
  }

  #schedulePing(link: Link, keepAlive: NonNullable<ConnectOptions['keepAlive']>): void {
    const dialling = this.#dialling;
    const { every, giveUpAfter } = keepAlive;
    link.ping = dialling.at(after(dialling.now, every), () => {
      if (dialling.now - link.heardAt > every + giveUpAfter) {
        this.#down(link, timedOut('keep-alive', dialling.causeOf(link.talk)));
        return;
      }
      dialling.courier.post(link.talk, { kind: 'ping', id: link.talk.id }, undefined);
      this.#schedulePing(link, keepAlive);
    });
  }

  // --- The end ---

  #down(link: Link, failure: Failure): void {
    if (this.#links.get(link.talk.id) !== link) return;
    const { address, opening, part, talk } = link;
    this.#drop(link);
    this.#dialling.courier.silence(talk);
    const which = opening === undefined ? { link: address } : { tag: opening.tag };
    this.#accept(part, { kind: 'link-down', ...which, failure }, undefined);
  }

  #drop(link: Link): void {
    this.#links.delete(link.talk.id);
    this.#byAddress.delete(link.address);
    if (link.ping !== undefined) this.#dialling.cancel(link.ping);
    if (link.opening !== undefined) this.#dialling.cancel(link.opening.deadline);
  }

  talksWith(node: NodeIndex): readonly Talk[] {
    return [...this.#links.values()].map(({ talk }) => talk).filter(({ peer }) => peer === node);
  }

  talk(id: string): Talk | undefined {
    return this.#links.get(id)?.talk;
  }

  failTalk(talk: Talk, failure: Failure): void {
    const link = this.#links.get(talk.id);
    if (link !== undefined) this.#down(link, failure);
  }

  /** The device's own network came or went. */
  networkChanged(): void {
    for (const link of [...this.#links.values()])
      this.#down(link, { kind: 'offline', definite: false, cause: noCause });
  }

  clear(): void {
    for (const link of [...this.#links.values()]) {
      this.#drop(link);
      this.#dialling.courier.silence(link.talk);
    }
  }
}
