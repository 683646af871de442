// Peers on the Internet that are named in the configuration: dialled again and again (connections/manager.go).
import type { Address, Input } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import { after, seconds, type Duration, type Instant } from '../time.ts';
import { linking, staticPeering } from './constants.ts';
import { headerBytes } from './codec.ts';
import type { Turn } from './peers.ts';

/** The timer of static peers. */
export const staticTimer = 'static';
const tagPrefix = 'static/';

interface StaticPeer {
  readonly address: Address;
  link: Address | undefined;
  isDialling: boolean;
  failures: number;
  notBefore: Instant;
}

export class StaticPeers {
  readonly #peers: readonly StaticPeer[];
  #isOn = false;
  /** Faults behind there being no link to any of them. */
  #cause: CauseToken = noCause;

  constructor(addresses: readonly Address[]) {
    this.#peers = addresses.map((address) => ({
      address,
      link: undefined,
      isDialling: false,
      failures: 0,
      notBefore: 0 as Instant,
    }));
  }

  /** Why nobody on the Internet can be reached, as far as that is known. */
  get cause(): CauseToken {
    return this.#peers.some(({ link }) => link !== undefined) ? noCause : this.#cause;
  }

  begin(turn: Turn): void {
    this.#isOn = true;
    this.#look(turn);
  }

  /** Closes every link; returns them. */
  end({ out }: Turn): readonly Address[] {
    this.#isOn = false;
    out.cancelTimer(staticTimer);
    const links: Address[] = [];
    for (const peer of this.#peers) {
      if (peer.link !== undefined) {
        out.disconnect(peer.link);
        links.push(peer.link);
      }
      peer.link = undefined;
    }
    return links;
  }

  look(turn: Turn): void {
    if (this.#isOn) this.#look(turn);
  }

  /** False when it is not a link of its own, or one that nobody wants any more. */
  linkUp({ link, tag }: Extract<Input, { kind: 'link-up' }>, { clock, out }: Turn): boolean {
    const peer = this.#peerOf(tag);
    if (peer === undefined) return false;
    peer.isDialling = false;
    peer.failures = 0;
    peer.notBefore = clock.now;
    if (!this.#isOn) {
      out.disconnect(link);
      return false;
    }
    peer.link = link;
    this.#cause = noCause;
    return true;
  }

  linkDown({ link, tag, failure }: Extract<Input, { kind: 'link-down' }>, { clock }: Turn): void {
    const peer = link === undefined ? this.#peerOf(tag) : this.#peers.find((each) => each.link === link);
    if (peer === undefined) return;
    this.#cause = failure.cause;
    peer.link = undefined;
    if (!peer.isDialling) return;
    peer.isDialling = false;
    peer.failures++;
    const wait = Math.min(
      seconds(1) * 2 ** Math.min(peer.failures, 12),
      staticPeering.mostBackOff,
    ) as Duration;
    peer.notBefore = after(clock.now, wait);
  }

  #peerOf(tag: string | undefined): StaticPeer | undefined {
    if (tag?.startsWith(tagPrefix) !== true) return undefined;
    return this.#peers[Number(tag.slice(tagPrefix.length))];
  }

  #look({ clock, out }: Turn): void {
    if (this.#peers.length === 0) return;
    for (const [index, peer] of this.#peers.entries()) {
      if (peer.link !== undefined || peer.isDialling || clock.now < peer.notBefore) continue;
      peer.isDialling = true;
      out.connect(peer.address, `${tagPrefix}${index}`, {
        timeout: staticPeering.dialFor,
        keepAlive: {
          every: linking.keepAliveEvery,
          giveUpAfter: linking.deadAfter,
          pingBytes: headerBytes,
        },
      });
    }
    out.setTimer(staticTimer, after(clock.now, staticPeering.lookEvery));
  }
}
