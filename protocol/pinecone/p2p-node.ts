// A phone or a machine of a P2P network: a router, sessions over it, and the applications that talk through them.
import type { Address, Core, CoreFactory, Effects, Input, StoredState, UserAction } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { Codec } from '../message.ts';
import type { Clock, Duration } from '../time.ts';
import { broadcasting } from './constants.ts';
import { InnerHost } from './inner-host.ts';
import type { NodeKey } from './node-key.ts';
import { everyPeer, PeerQuestions, type PeerAnswers } from './peer-questions.ts';
import type { LinkTraits, Turn } from './peers.ts';
import { RelayClient, relayTimer, type RelayUse } from './relay-client.ts';
import { withRelays } from './relay-messages.ts';
import { Router, type RouterConfig } from './router.ts';
import { Sessions, sessionTimer } from './sessions.ts';
import { StaticPeers, staticTimer } from './static-peers.ts';

/** How a node is set up. */
export interface P2pNodeConfig extends Omit<RouterConfig, 'traits' | 'cause' | 'ranFor'> {
  /** Of what the applications say to each other. */
  readonly codec: Codec;
  /** By name, which has no slash. They reach each other as `local:<name>` and other nodes by their keys. */
  readonly applications: Readonly<Record<string, CoreFactory>>;
  /** Which of them the person uses. */
  readonly userApplication: string | undefined;
  /** Which of them answers other nodes, and is told who is awake. */
  readonly servingApplication: string | undefined;
  /** Which of them answers whoever comes over the Internet and is no node, as clients do; nobody when left out. */
  readonly publicApplication?: string;
  readonly staticPeers: readonly Address[];
  /** A machine that never sleeps; otherwise the node works while its application is open. */
  readonly isAlwaysOn: boolean;
  /** Relays that the phone leaves messages with and collects them from; none when left out. */
  readonly relays?: RelayUse;
  /** For applications that ask all direct peers at once; none does when left out. */
  readonly peerAnswers?: PeerAnswers;
  /** What a link over the radio takes, bytes a second. */
  readonly radioBytesPerSecond: number;
}

const keyForm = /^[0-9a-f]{64}$/;
const radioPrefix = 'link:radio/';
const localPrefix = 'link:radio/local/';
/** Stands for "reachable": no link of the host's. */
const awakeLink = 'link:awake' as Address;
/** Names a request whose answer nobody waits for, and where it seems to come from. */
const nowhere = 'nowhere';
const fromRelay = 'local:relay' as Address;

class P2pNode implements Core {
  readonly #config: P2pNodeConfig;
  readonly #router: Router;
  readonly #sessions: Sessions;
  readonly #static: StaticPeers;
  readonly #inner: InnerHost;
  readonly #relays: RelayClient | undefined;
  readonly #peerQuestions: PeerQuestions | undefined;
  #isAwake = false;
  #networkCause: CauseToken = noCause;

  constructor(config: P2pNodeConfig, stored: StoredState | undefined) {
    this.#config = config;
    this.#static = new StaticPeers(config.staticPeers);
    this.#router = new Router(
      {
        ...config,
        // Applications were started at any time before: their minutes of broadcasts do not begin together.
        ranFor: config.random.integer(0, broadcasting.every - 1) as Duration,
        traits: (input) => this.#traits(input),
        cause: () => this.#cause,
      },
      {
        datagram: (from, payload, carries, turn) => this.#sessions.receive(from, payload, carries, turn),
        strayed: (from, payload, turn) => {
          // Where nobody is on top nobody listens (cmd/pinecone/main.go, RouterOptionBlackhole).
          if (config.servingApplication !== undefined) this.#sessions.strayed(from, payload, turn);
        },
        awake: (node, turn) => this.#awake(node, turn),
        peersChanged: (turn) => this.#relays?.peersChanged(this.#router.peerKeys().length, turn),
      },
    );
    this.#sessions = new Sessions(withRelays(config.codec), config.random, {
      request: (name, from, message, turn) => this.#wasAsked(name, from, message, turn),
      response: (name, result, turn) => {
        if (this.#relays?.answered(name, result, turn) === true) return;
        if (this.#peerQuestions?.answered(name, result, turn) === true) return;
        this.#inner.response(name, result, turn);
      },
      datagram: (to, bytes, carries, turn) => this.#router.send(to, bytes, carries, turn),
    });
    this.#inner = new InnerHost(
      config.applications,
      {
        ask: (name, to, message, { timeout }, turn) => {
          if (to === everyPeer && this.#peerQuestions !== undefined) {
            this.#peerQuestions.ask(name, this.#router.peerKeys(), message, timeout, turn);
            return true;
          }
          if (!keyForm.test(to)) return false;
          const node = to as string as NodeKey;
          this.#relays?.asked(name, node, message);
          this.#sessions.request(name, node, message, timeout, turn);
          return true;
        },
        abandon: (name) => {
          this.#relays?.forget(name);
          this.#peerQuestions?.forget(name);
          this.#sessions.abandon(name);
        },
        answer: (name, answer, turn) => this.#sessions.respond(name, answer, turn),
        cause: () => this.#cause,
      },
      stored,
    );
    if (config.peerAnswers !== undefined)
      this.#peerQuestions = new PeerQuestions(config.peerAnswers, {
        ask: (name, to, message, timeout, turn) => this.#sessions.request(name, to, message, timeout, turn),
        abandon: (name) => this.#sessions.abandon(name),
        ended: (name, result, turn) => this.#inner.response(name, result, turn),
      });
    const { relays, servingApplication } = config;
    if (relays === undefined || servingApplication === undefined) return;
    this.#relays = new RelayClient(relays, {
      ask: (name, to, message, timeout, turn) => this.#sessions.request(name, to, message, timeout, turn),
      deliver: (message, turn) => this.#inner.request(servingApplication, nowhere, fromRelay, message, turn),
      ended: (name, result, turn) => this.#inner.response(name, result, turn),
    });
  }

  step(clock: Clock, input: Input, out: Effects): void {
    const turn: Turn = { clock, out };
    switch (input.kind) {
      case 'start':
        this.#router.step(input, turn);
        this.#inner.stepAll(input, turn);
        if (this.#config.isAlwaysOn) this.#wake(turn);
        return;
      case 'user':
        return this.#act(input.action, turn);
      case 'timer':
        if (input.timer === sessionTimer) this.#sessions.tick(this.#cause, turn);
        else if (input.timer === relayTimer) this.#relays?.collect(turn);
        else if (input.timer === staticTimer) this.#static.look(turn);
        else if (!this.#inner.timer(input.timer, !this.#isAwake, turn)) this.#router.step(input, turn);
        return;
      case 'link-up':
        return this.#linkUp(input, turn);
      case 'link-down':
        this.#static.linkDown(input, turn);
        this.#router.step(input, turn);
        return;
      case 'message':
        this.#router.step(input, turn);
        return;
      case 'response':
        return this.#inner.response(input.tag, input.result, turn);
      case 'request':
        if (this.#config.publicApplication === undefined) return out.refuse(input.id, 404);
        return this.#inner.requestOfHost(this.#config.publicApplication, input, turn);
      case 'network':
        this.#networkCause = input.up ? noCause : input.cause;
        return this.#toUser(input, turn);
      case 'push':
        return this.#toUser(input, turn);
      case 'operator':
        return this.#inner.stepAll(input, turn);
    }
  }

  inspect(): unknown {
    return {
      awake: this.#isAwake,
      router: this.#router.inspect(),
      sessions: this.#sessions.open,
      ...this.#inner.inspect(),
    };
  }

  inner(): readonly Core[] {
    return this.#inner.cores();
  }

  /** Faults behind there being nobody on the Internet. */
  get #cause(): CauseToken {
    return this.#networkCause === noCause ? this.#static.cause : this.#networkCause;
  }

  #act(action: UserAction, turn: Turn): void {
    if (action.kind === 'open-app') this.#wake(turn);
    this.#toUser({ kind: 'user', action }, turn);
    if (action.kind === 'close-app') this.#sleep(turn);
  }

  #toUser(input: Input, turn: Turn): void {
    const { userApplication } = this.#config;
    if (userApplication !== undefined) this.#inner.step(userApplication, input, turn);
  }

  #wake(turn: Turn): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.#relays?.started();
    this.#static.begin(turn);
    this.#inner.wake(turn);
  }

  /** The system suspends the application: links go down, sessions end, timers wait. */
  #sleep(turn: Turn): void {
    if (!this.#isAwake || this.#config.isAlwaysOn) return;
    this.#isAwake = false;
    this.#static.end(turn);
    for (const link of this.#router.links())
      this.#router.step({ kind: 'link-down', link, failure: closed }, turn);
    this.#sessions.close(noCause, turn);
  }

  #linkUp(input: Extract<Input, { kind: 'link-up' }>, turn: Turn): void {
    const isWanted =
      input.tag?.startsWith('static/') === true ? this.#static.linkUp(input, turn) : this.#isAwake;
    if (isWanted) this.#router.step(input, turn);
  }

  #traits({ link }: Extract<Input, { kind: 'link-up' }>): LinkTraits {
    // The host notices silence on all kinds of links: by the radio's supervision, by the connection's keep-alives.
    if (link.startsWith(localPrefix)) return { type: 'multicast', keepsAlive: false };
    return link.startsWith(radioPrefix)
      ? { type: 'bluetooth', bytesPerSecond: this.#config.radioBytesPerSecond, keepsAlive: false }
      : { type: 'remote', keepsAlive: false };
  }

  #awake(node: NodeKey, turn: Turn): void {
    const { servingApplication } = this.#config;
    this.#relays?.isThere(node);
    if (servingApplication === undefined || !this.#isAwake) return;
    const peer = node as string as Address;
    this.#inner.step(servingApplication, { kind: 'link-up', link: awakeLink, peer }, turn);
  }

  #wasAsked(name: string, from: NodeKey, message: Parameters<InnerHost['request']>[3], turn: Turn): void {
    const { servingApplication } = this.#config;
    this.#relays?.isThere(from);
    if (servingApplication === undefined)
      return this.#sessions.respond(
        name,
        { ok: false, status: 404, message: undefined, retryAfterMs: undefined },
        turn,
      );
    this.#inner.request(servingApplication, name, from as string as Address, message, turn);
  }
}

const closed = { kind: 'closed', definite: false, cause: noCause } as const;

/** A node of a P2P network. */
export function createP2pNode(config: P2pNodeConfig): CoreFactory {
  return (stored) => new P2pNode(config, stored);
}

/** The cores within a node; none where the core is no such node. */
export function innerCores(core: Core): readonly Core[] {
  return core instanceof P2pNode ? core.inner() : [];
}
