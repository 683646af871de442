// A core around foreign code: what comes to the machine goes to the library, what the library does leaves as effects.
import type { Address, Core, CoreFact, Effects, Input, TimerName } from '../../../protocol/core.ts';
import type { CauseToken } from '../../../protocol/failure.ts';
import type { Datagram } from '../../../protocol/datagram.ts';
import type { Clock, Instant } from '../../../protocol/time.ts';
import type { AddressBook } from '../../systems/hyperswarm-machines.ts';
import type { Library } from './library.ts';
import type { Machine } from './machine.ts';
import { Udx } from './udx.ts';

/** Something that the library waits for is due. */
const wake: TimerName = 'wake';

/** What runs on a machine, on top of the library. */
export interface Program {
  start(): void;
  /** Anything but packets, timers and the network. */
  take(input: Input): void;
  /** A packet for that address was lost because of these faults: for facts alone. */
  lost(to: Address, cause: CauseToken): void;
  /** Something came from that address. */
  heard(from: Address): void;
  /** Facts and stored values since it was last asked, in order. */
  takeEffects(): readonly ProgramEffect[];
  inspect(): unknown;
}

export type ProgramEffect =
  | { readonly kind: 'observe'; readonly fact: CoreFact }
  | { readonly kind: 'persist'; readonly key: string; readonly value: unknown };

/** What a core is made of. */
export interface ForeignCoreOptions {
  readonly library: Library;
  readonly machine: Machine;
  readonly book: AddressBook;
  /** Which packets a router in front of the machine lets in; all when left out. */
  readonly filter?: PacketFilter | undefined;
  readonly program: (udx: Udx) => Program;
}

/** A router that lets in what answers something. */
export interface PacketFilter {
  sent(port: number, host: string, remotePort: number, now: Instant): void;
  lets(port: number, host: string, remotePort: number, now: Instant): boolean;
}

export class ForeignCore implements Core {
  readonly #options: ForeignCoreOptions;
  readonly #udx: Udx;
  #program: Program | undefined;
  #wakeAt: Instant | undefined;

  constructor(options: ForeignCoreOptions) {
    this.#options = options;
    this.#udx = new Udx(options.machine, options.library.createStream, options.library.Promise);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    const { library, machine } = this.#options;
    machine.setClock(clock.now, clock.wall);
    library.run(machine, () => this.#take(input));
    this.#flush(out);
  }

  inspect(): unknown {
    return this.#program?.inspect() ?? null;
  }

  #take(input: Input): void {
    const { machine, program, filter } = this.#options;
    switch (input.kind) {
      case 'start':
        this.#program = program(this.#udx);
        return this.#program.start();
      case 'timer':
        // One at a time: in Node, too, promises run between two timers.
        this.#wakeAt = undefined;
        return void machine.timers.runOne();
      case 'message': {
        const { fromPort, toPort, payload } = input.message as Datagram;
        const host = this.#options.book.hostOf(input.from);
        if (host === undefined) return;
        this.#program?.heard(input.from);
        if (filter?.lets(toPort, host, fromPort, machine.timers.now) === false) return;
        return this.#udx.receive(toPort, payload, { host, family: 4, port: fromPort });
      }
      case 'network':
        return this.#udx.networkChanged(input.up);
      case 'link-down':
        if (input.link !== undefined) this.#program?.lost(input.link, input.failure.cause);
        return;
      default:
        return this.#program?.take(input);
    }
  }

  #flush(out: Effects): void {
    const { machine, book, filter } = this.#options;
    for (const effect of this.#program?.takeEffects() ?? []) {
      if (effect.kind === 'observe') out.observe(effect.fact);
      else out.persist(effect.key, effect.value);
    }
    for (const { fromPort, toHost, toPort, bytes, carries } of machine.outgoing.splice(0)) {
      filter?.sent(fromPort, toHost, toPort, machine.timers.now);
      const to = book.nodeAt(toHost);
      if (to === undefined) continue;
      const datagram: Datagram = { kind: 'udp.datagram', carries, fromPort, toPort, payload: bytes };
      out.send(to, datagram);
    }
    const due = machine.timers.next;
    if (due === this.#wakeAt) return;
    this.#wakeAt = due;
    if (due === undefined) out.cancelTimer(wake);
    else out.setTimer(wake, due);
  }
}
