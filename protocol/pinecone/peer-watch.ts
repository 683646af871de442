// Pinecone's own keep-alives, for links whose host has none: something every 3 s, and 5 s of silence are the end.
import type { TimerName } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { after, type Instant } from '../time.ts';
import { linking } from './constants.ts';
import type { Peer, Peers, Turn } from './peers.ts';

/** Timers of watched peers: this, then the port. */
export const keepAliveTimer = 'alive/';

export class PeerWatch {
  readonly #peers: Peers;
  readonly #onSilence: (peer: Peer, turn: Turn) => void;

  constructor(peers: Peers, onSilence: (peer: Peer, turn: Turn) => void) {
    this.#peers = peers;
    this.#onSilence = onSilence;
  }

  begin(peer: Peer, turn: Turn): void {
    if (peer.traits.keepsAlive) this.#schedule(peer, turn);
  }

  end({ port }: Peer, { out }: Turn): void {
    out.cancelTimer(`${keepAliveTimer}${port}`);
  }

  timer(timer: TimerName, turn: Turn): void {
    const peer = this.#peers.at(Number(timer.slice(keepAliveTimer.length)));
    if (peer === undefined) return;
    const { now } = turn.clock;
    if (now - peer.lastHeard >= linking.deadAfter) return this.#onSilence(peer, turn);
    if (now - peer.outbox.lastSent >= linking.keepAliveEvery)
      peer.outbox.send({ kind: 'pinecone.keep-alive', carries: carriesNothing }, turn);
    this.#schedule(peer, turn);
  }

  #schedule({ port, outbox, lastHeard }: Peer, { clock, out }: Turn): void {
    const send = Math.max(after(outbox.lastSent, linking.keepAliveEvery), clock.now + 1);
    out.setTimer(`${keepAliveTimer}${port}`, Math.min(send, after(lastHeard, linking.deadAfter)) as Instant);
  }
}
