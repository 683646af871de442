// One machine as foreign code finds it: a clock, timers, chance, and a network that takes bytes to an address and a port.
import type { Instant, WallTime } from '../../../protocol/time.ts';
import type { UserMessageId } from '../../../protocol/message.ts';
import type { RandomStream } from '../../../protocol/random-stream.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** What leaves the machine. */
export interface Packet {
  readonly fromPort: number;
  readonly toHost: string;
  readonly toPort: number;
  readonly bytes: Uint8Array;
  /** User messages in it, as far as whoever wrote it said so. */
  readonly carries: readonly UserMessageId[];
}

/** One life of a machine: a crash ends it, with everything that its code had in memory. */
export class Machine {
  /** As others see it. */
  readonly host: string;
  /** Of its own network interface; another one behind a router. */
  readonly interfaceHost: string;
  readonly random: RandomStream;
  readonly timers = new VirtualTimers();
  wall = 0 as WallTime;
  /** What it has sent since it was last asked. */
  readonly outgoing: Packet[] = [];

  constructor(host: string, interfaceHost: string, random: RandomStream) {
    this.host = host;
    this.interfaceHost = interfaceHost;
    this.random = random;
  }

  setClock(now: Instant, wall: WallTime): void {
    this.timers.advanceTo(now);
    this.wall = wall;
  }
}
