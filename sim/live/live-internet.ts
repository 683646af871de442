// The Internet as the cores of one live node use it: requests and links, over its connections with its peers.
import { noCause, type CauseToken, type Failure } from '../../protocol/failure.ts';
import type { Address, ConnectOptions, RequestId, RequestOptions, Tag } from '../../protocol/core.ts';
import type { Message } from '../../protocol/message.ts';
import type { NodeIndex } from '../observation.ts';
import { Dialling, type LiveInternetOptions } from './dialling.ts';
import type { Frame } from './frames.ts';
import { LiveLinks } from './live-links.ts';
import { LiveRequests } from './live-requests.ts';
import type { Talk } from './talk.ts';

/** What one node asks of others, and they of it. */
export class LiveInternet {
  readonly #options: LiveInternetOptions;
  readonly #dialling: Dialling;
  readonly #requests: LiveRequests;
  readonly #links: LiveLinks;

  constructor(options: LiveInternetOptions) {
    this.#options = options;
    const accept: LiveInternetOptions['accept'] = (part, input, transit) =>
      options.accept(part, input, transit);
    this.#dialling = new Dialling(
      options,
      (from, frame) => this.receive(from, frame),
      (talk, failure) => {
        this.#requests.failTalk(talk, failure);
        this.#links.failTalk(talk, failure);
      },
    );
    this.#requests = new LiveRequests(this.#dialling, accept);
    this.#links = new LiveLinks(this.#dialling, accept);
  }

  request(part: string, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#requests.begin(part, to, tag, message, options);
  }

  abandon(part: string, tag: Tag): void {
    this.#requests.abandon(part, tag);
  }

  respond(request: RequestId, message: Message): void {
    this.#requests.respond(request, message);
  }

  refuse(
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
    cause: CauseToken,
  ): void {
    this.#requests.refuse(request, status, message, retryAfterMs, cause);
  }

  connect(part: string, to: Address, tag: Tag, options: ConnectOptions): void {
    this.#links.connect(part, to, tag, options);
  }

  send(link: Address, message: Message): void {
    this.#links.send(link, message);
  }

  disconnect(link: Address, code: number | undefined): void {
    this.#links.disconnect(link, code);
  }

  /** What a peer has sent. */
  receive(from: NodeIndex, frame: Frame): void {
    switch (frame.header.kind) {
      case 'request':
        return this.#requests.asked(from, frame);
      case 'response':
        return this.#requests.answered(from, frame);
      case 'open':
        return this.#links.opened(from, frame);
      case 'poll':
        return this.#requests.polled(from, frame);
      case 'polled':
        return this.#requests.pollAnswered(frame);
      case 'unknown':
        return this.#unknown(frame.header.id);
      case 'opened':
      case 'message':
      case 'close':
      case 'ping':
      case 'pong':
        return this.#links.said(from, frame);
    }
  }

  /** A peer's process has ended; `isSilent`: its machine with it, so that nobody says so. */
  peerDown(node: NodeIndex, isSilent: boolean, cause: CauseToken): void {
    this.#dialling.goes(node, cause);
    this.#requests.forgetPeer(node);
    const { ways } = this.#options;
    for (const talk of this.#talksWith(node)) {
      if (!talk.isSetUp) continue;
      const isHeard = !isSilent && ways.cutBy(talk.line, !talk.isClient) === undefined;
      if (!isHeard) talk.isOrphan = true;
      else this.#dialling.at(ways.refusalAt(talk.line, this.#dialling.now), () => this.#reset(talk, cause));
    }
  }

  /**
   * It runs again, and knows nothing of what was under way: whoever sends something again is told so, and whoever only
   * waits is not.
   */
  peerUp(node: NodeIndex): void {
    const cause = this.#dialling.returns(node);
    for (const talk of this.#talksWith(node)) {
      if (!talk.isOrphan) continue;
      talk.isOrphan = false;
      if (talk.queue.length === 0) continue;
      this.#dialling.at(this.#dialling.refusalAt(talk), () => this.#reset(talk, cause));
      talk.isOrphan = true;
    }
    this.#dialling.courier.lookAgain();
  }

  /** Something was sent on what the peer does not know. */
  #unknown(id: string): void {
    for (const talk of [this.#requests.talk(id), this.#links.talk(id)])
      if (talk !== undefined) this.#reset(talk, noCause);
  }

  /** The connection with a peer broke by itself. */
  connectionLost(node: NodeIndex): void {
    if (this.#dialling.isAbsent(node)) return;
    for (const talk of this.#talksWith(node)) if (talk.isSetUp) this.#reset(talk, noCause);
  }

  /** The device's own network came or went: what it had is tied to an address that it no longer has. */
  networkChanged(): void {
    this.#requests.networkChanged();
    this.#links.networkChanged();
  }

  /** Memory is lost. */
  clear(): void {
    this.#requests.clear();
    this.#links.clear();
  }

  #talksWith(node: NodeIndex): readonly Talk[] {
    return [...this.#requests.talksWith(node), ...this.#links.talksWith(node)];
  }

  #reset(talk: Talk, cause: CauseToken): void {
    const whole = this.#dialling.causeOf(talk, cause);
    const failure: Failure = { kind: 'reset', definite: false, cause: whole };
    this.#requests.failTalk(talk, failure);
    this.#links.failTalk(talk, failure);
  }
}
