// Keep-alives the slow way: every ping and every answer is a message of its own. The twin that shows that the quiet
// way comes to the same.
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind } from '../kernel/scheduler.ts';
import { keepAliveOf, type Connection } from './connection.ts';
import type { NetworkContext } from './context.ts';
import { nextPingOf, type KeepAliveListener, type KeepAlives } from './keep-alive.ts';
import type { Wire } from './wire.ts';

interface Pinging {
  next: EventHandle | undefined;
  /** One deadline per ping that has no answer yet, oldest first. */
  readonly unanswered: EventHandle[];
  serverDeadline: EventHandle | undefined;
}

/** Sends pings over the wire like anything else. */
export class SteppedKeepAlives implements KeepAlives {
  readonly #context: NetworkContext;
  readonly #wire: () => Wire;
  readonly #ping: EventKind;
  readonly #deadline: EventKind;
  readonly #state = new Map<Connection, Pinging>();

  constructor(context: NetworkContext, wire: () => Wire, listener: KeepAliveListener) {
    this.#context = context;
    this.#wire = wire;
    const { scheduler } = context.host;
    this.#ping = scheduler.register('ping', (_node, payload) => this.#send(payload as Connection));
    this.#deadline = scheduler.register('keep-alive', (_node, payload, byClient) => {
      const connection = payload as Connection;
      if (!connection.closed) listener(connection, byClient === 1);
    });
  }

  begin(connection: Connection): void {
    if (keepAliveOf(connection) === undefined) return;
    const state = this.#of(connection);
    const { scheduler } = this.#context.host;
    const at = nextPingOf(connection, (scheduler.now + 1) as Instant);
    if (at !== undefined)
      state.next = scheduler.schedule(at, this.#ping, connection.client.port.node, connection);
  }

  heard(connection: Connection): void {
    const keepAlive = keepAliveOf(connection);
    if (keepAlive === undefined || connection.server?.open !== true) return;
    const { scheduler } = this.#context.host;
    const state = this.#of(connection);
    scheduler.cancel(state.serverDeadline);
    const at = (scheduler.now + keepAlive.every + keepAlive.giveUpAfter) as Instant;
    state.serverDeadline = scheduler.schedule(at, this.#deadline, connection.server.port.node, connection, 0);
  }

  /** A ping is at the server: it answers. */
  pinged(connection: Connection): void {
    const { now } = this.#context.host.scheduler;
    if (connection.server?.open !== true) return;
    const bytes = keepAliveOf(connection)?.pingBytes ?? 0;
    this.#wire().send(connection, false, { kind: 'pong' }, bytes, now, now);
  }

  /** An answer is at the client. */
  ponged(connection: Connection): void {
    this.#context.host.scheduler.cancel(this.#of(connection).unanswered.shift());
  }

  watch(connection: Connection): void {
    // Deadlines run anyway; a client that has gone pings no more.
    if (!connection.client.open) this.leave(connection, true);
  }

  leave(connection: Connection, isClient: boolean): void {
    const state = this.#state.get(connection);
    if (state === undefined) return;
    const { scheduler } = this.#context.host;
    const mine = isClient ? [state.next, ...state.unanswered.splice(0)] : [state.serverDeadline];
    for (const handle of mine) scheduler.cancel(handle);
  }

  waitingSince(): undefined {
    return undefined;
  }

  heal(): void {
    // Pings that waited are sent again like anything else.
  }

  forget(connection: Connection): void {
    this.leave(connection, true);
    this.leave(connection, false);
    this.#state.delete(connection);
  }

  nextPing(connection: Connection, now: Instant): Instant | undefined {
    return nextPingOf(connection, now);
  }

  account(): void {
    // Counted as they are sent.
  }

  #send(connection: Connection): void {
    const keepAlive = keepAliveOf(connection);
    if (keepAlive === undefined || connection.closed || !connection.client.open) return;
    const { scheduler } = this.#context.host;
    const { now } = scheduler;
    const state = this.#of(connection);
    this.#wire().send(connection, true, { kind: 'ping' }, keepAlive.pingBytes, now, now);
    const { node } = connection.client.port;
    const deadline = (now + keepAlive.giveUpAfter) as Instant;
    state.unanswered.push(scheduler.schedule(deadline, this.#deadline, node, connection, 1));
    state.next = scheduler.schedule((now + keepAlive.every) as Instant, this.#ping, node, connection);
  }

  #of(connection: Connection): Pinging {
    let state = this.#state.get(connection);
    if (state === undefined) {
      state = { next: undefined, unanswered: [], serverDeadline: undefined };
      this.#state.set(connection, state);
    }
    return state;
  }
}
