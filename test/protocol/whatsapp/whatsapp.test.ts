// Store and forward with one operator: what is repeated, what is shown once, what wakes whom, and what is forgotten.
import { describe, expect, it } from 'vitest';
import type { CauseToken } from '../../../protocol/failure.ts';
import { days, inSeconds } from '../../../protocol/time.ts';
import { reconnectWait } from '../../../protocol/whatsapp/constants.ts';
import { whatsappCodec } from '../../../protocol/whatsapp/messages.ts';
import { type MiniNetwork, unresolved } from '../signal/mini-network.ts';
import { close, frontEnd, machines, open, phone, say, whatsappWorld } from './whatsapp-world.ts';
import { fc, property } from '../../support/property.ts';

const delivered = (network: MiniNetwork, message: number, node: string): number =>
  network.factsOf('delivered', message).filter((fact) => fact.node === node).length;
const count = (network: MiniNetwork, name: string): number =>
  network.facts.filter(({ fact }) => fact.kind === 'counter' && fact.name === name).length;

describe('a message', () => {
  it('goes to every device of every recipient, and back comes a receipt', () => {
    const network = whatsappWorld();
    for (const node of [phone(0), phone(1), phone(2), 'computer/2']) open(network, node);
    say(network, 0, 1, 1);
    network.runUntil(10);
    expect(network.factsOf('accepted', 1)).toHaveLength(1);
    for (const node of [phone(1), phone(2), 'computer/2']) expect(delivered(network, 1, node)).toBe(1);
    expect(count(network, 'whatsapp.receipts-shown')).toBe(2);
  });

  it('waits for who is away, whom a push notification wakes; a computer waits until it is used', () => {
    const network = whatsappWorld();
    open(network, phone(0));
    say(network, 0, 1, 1);
    network.runUntil(10);
    expect([1, 2].map((person) => delivered(network, 1, phone(person)))).toEqual([1, 1]);
    expect(delivered(network, 1, 'computer/2')).toBe(0);
    open(network, 'computer/2');
    network.runUntil(20);
    expect(delivered(network, 1, 'computer/2')).toBe(1);
  });

  it('is repeated under the same id after a lost answer, and shown once', () => {
    const network = whatsappWorld();
    open(network, phone(0));
    open(network, phone(1));
    network.runUntil(6);
    network.afterStep = (node) => {
      // The answer of the last machine never gets to the front end, which restarts just then.
      if (node !== machines[1]) return;
      network.afterStep = undefined;
      network.restart(frontEnd);
    };
    say(network, 0, 1);
    network.runUntil(300);
    const ids = network.sent.flatMap(({ from, message }) =>
      from === phone(0) && message.kind === 'whatsapp.submit' && message.carries.length > 0
        ? [(message as unknown as { stanza: { id: string } }).stanza.id]
        : [],
    );
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(1);
    expect(delivered(network, 1, phone(1))).toBe(1);
    expect(network.factsOf('accepted', 1)).toHaveLength(1);
  });

  it('is told one tick only when all recipients’ machines have it', () => {
    const network = whatsappWorld();
    open(network, phone(0));
    network.runUntil(6);
    network.fail(machines[1]!, unresolved);
    say(network, 0, 1, 1);
    network.runUntil(60);
    expect(network.factsOf('accepted', 1)).toHaveLength(0);
    network.fail(machines[1]!, undefined);
    network.runUntil(200);
    expect(network.factsOf('accepted', 1)).toHaveLength(1);
    expect(delivered(network, 1, phone(1))).toBe(1);
  });

  it('waits for its recipient, also at the front end that took it from its sender', () => {
    const network = whatsappWorld();
    open(network, phone(0));
    say(network, 0, 1);
    network.runUntil(10);
    const held = network.factsOf('hold').filter(({ node }) => node === frontEnd);
    expect(held.at(-1)?.fact).toMatchObject({ reason: 'stored-for-recipient', cause: 0 });
  });

  it('is deleted after 30 days, silently', () => {
    for (const [away, arrives] of [
      [days(29), 1],
      [days(31), 0],
    ] as const) {
      const network = whatsappWorld();
      open(network, phone(0));
      say(network, 0, 1, 1);
      network.runUntil(10);
      network.runUntil(inSeconds(away));
      open(network, 'computer/2');
      network.runUntil(inSeconds(away) + 10);
      expect(delivered(network, 1, 'computer/2')).toBe(arrives);
      expect(network.factsOf('failed')).toHaveLength(0);
    }
  }, 60_000);
});

describe('reconnection', () => {
  it('waits two seconds more for each failure, and has no cap', () => {
    expect([1, 2, 3, 200].map((failures) => inSeconds(reconnectWait(failures)))).toEqual([0, 2, 4, 398]);
  });

  it('keeps what waits and hands back why, since when', () => {
    const network = whatsappWorld();
    open(network, phone(0));
    network.runUntil(6);
    network.fail(frontEnd, unresolved);
    say(network, 0, 1);
    network.runUntil(3_600);
    const holds = network.facts.filter(({ node, fact }) => node === phone(0) && fact.kind === 'hold');
    expect(holds.at(-1)?.fact).toMatchObject({ reason: 'backoff', cause: 7 as CauseToken });
    network.fail(frontEnd, undefined);
    network.runUntil(3_800);
    expect(delivered(network, 1, phone(1))).toBe(1);
  });
});

describe('promises', () => {
  property(
    [
      fc.array(
        fc.record({
          at: fc.integer({ min: 6, max: 400 }),
          what: fc.constantFrom(
            'say',
            'group',
            'restart-phone',
            'restart-front',
            'restart-queue',
            'fail',
            'heal',
            'close',
            'open',
          ),
        }),
        { minLength: 5, maxLength: 40 },
      ),
    ],
    { numRuns: 60 },
  )('whatever fails and restarts, what was written arrives, once on each device', (events) => {
    const network = whatsappWorld();
    for (const person of [0, 1, 2]) open(network, phone(person));
    let message = 0;
    for (const { at, what } of [...events].sort((left, right) => left.at - right.at)) {
      network.runUntil(at);
      if (what === 'say') say(network, 0, ++message);
      else if (what === 'group') say(network, 0, ++message, 1);
      else if (what === 'restart-phone') network.restart(phone(message % 3));
      else if (what === 'restart-front') network.restart(frontEnd);
      else if (what === 'restart-queue') network.restart(machines[message % 2]!);
      else if (what === 'fail') network.fail(frontEnd, unresolved);
      else if (what === 'heal') network.fail(frontEnd, undefined);
      else if (what === 'close') close(network, phone(message % 3));
      else open(network, phone(message % 3));
    }
    network.fail(frontEnd, undefined);
    network.runUntil(600);
    for (const person of [0, 1, 2]) {
      close(network, phone(person));
      open(network, phone(person));
    }
    network.runUntil(2_000);
    for (let each = 1; each <= message; each++) {
      expect(network.factsOf('accepted', each)).toHaveLength(1);
      expect(delivered(network, each, phone(1))).toBe(1);
    }
  });

  property([fc.uint8Array({ maxLength: 80 })])('the codec survives any bytes', (bytes) => {
    const message = whatsappCodec.decode(bytes, []);
    if (message !== undefined) expect(whatsappCodec.encode(message).length).toBeGreaterThan(0);
  });
});
