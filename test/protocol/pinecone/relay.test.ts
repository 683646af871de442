// What a relay keeps over a restart: its entries, and which numbers it has given away.
import { expect, it } from 'vitest';
import type { Address, Effects, Input, RequestId } from '../../../protocol/core.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import { nodeKey } from '../../../protocol/pinecone/node-key.ts';
import { createRelay, keptByRelay } from '../../../protocol/pinecone/relay.ts';
import type { Collected, RelayMessage } from '../../../protocol/pinecone/relay-messages.ts';
import type { Clock } from '../../../protocol/time.ts';

const recipient = nodeKey(new Uint8Array(32).fill(7));
const clock = { now: 0, wall: 0 } as unknown as Clock;

/** A relay on a disk that outlives it. */
class Machine {
  readonly #disk = new Map<string, unknown>();
  #core = createRelay()(undefined);

  restart(): void {
    this.#core = createRelay()(new Map(this.#disk));
  }

  ask(message: RelayMessage): Message | undefined {
    let answer: Message | undefined;
    const out: Pick<Effects, 'persist' | 'respond' | 'observe'> = {
      persist: (key, value) => {
        if (value === undefined) this.#disk.delete(key);
        else this.#disk.set(key, value);
      },
      respond: (_request, response) => void (answer = response),
      observe: () => undefined,
    };
    const from = recipient as string as Address;
    const input: Input = { kind: 'request', id: 1 as RequestId, from, message };
    this.#core.step(clock, input, out as Effects);
    return answer;
  }

  leave(kind: string): void {
    const message = { kind, carries: carriesNothing };
    this.ask({ kind: 'relay.deposit', recipient, message, carries: carriesNothing });
  }

  collect(previous: number): Collected {
    return this.ask({ kind: 'relay.collect', previous, carries: carriesNothing }) as Collected;
  }

  get kept(): readonly string[] {
    return [...keptByRelay(this.#core)].map(({ message }) => message.kind);
  }
}

it('keeps what is left until whoever it is for has said that he has it', () => {
  const relay = new Machine();
  relay.leave('first');
  relay.leave('second');
  expect(relay.collect(0)).toMatchObject({ entry: 1, message: { kind: 'first' }, hasMore: true });
  relay.restart();
  expect(relay.kept).toEqual(['first', 'second']);
  expect(relay.collect(1)).toMatchObject({ entry: 2, message: { kind: 'second' }, hasMore: true });
  expect(relay.collect(2)).toMatchObject({ entry: 0, hasMore: false });
  expect(relay.kept).toEqual([]);
});

it('never gives a number twice, or who has had the first would never get the second', () => {
  const relay = new Machine();
  relay.leave('first');
  expect(relay.collect(0).entry).toBe(1);
  expect(relay.collect(1).entry).toBe(0);
  relay.restart();
  relay.leave('second');
  expect(relay.collect(1)).toMatchObject({ entry: 2, message: { kind: 'second' } });
});
