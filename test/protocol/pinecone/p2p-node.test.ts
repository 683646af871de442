// A node as a server on the Internet: who is no node may ask the application that is public, and nobody else's. What it says of
// messages while its links are cut.
import { expect, it } from 'vitest';
import type {
  Address,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  HoldReason,
  Input,
  RequestId,
} from '../../../protocol/core.ts';
import { noCause, type CauseToken } from '../../../protocol/failure.ts';
import { idealSignatures } from '../../../protocol/signatures.ts';
import { carriesNothing, type Message, type UserMessageId } from '../../../protocol/message.ts';
import { announce } from '../../../protocol/pinecone/announcements.ts';
import { broadcastTimer } from '../../../protocol/pinecone/broadcasts.ts';
import { linkCodec } from '../../../protocol/pinecone/codec.ts';
import { firstWatermark, type Traffic } from '../../../protocol/pinecone/frames.ts';
import { greet } from '../../../protocol/pinecone/handshake.ts';
import { nodeKey, type NodeKey } from '../../../protocol/pinecone/node-key.ts';
import { createP2pNode } from '../../../protocol/pinecone/p2p-node.ts';
import { decodePacket, encodePacket } from '../../../protocol/pinecone/packets.ts';
import { minutes, type Clock } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

const clock = { now: 0, wall: 0 } as unknown as Clock;
const message = (kind: string): Message => ({ kind, carries: carriesNothing });

/** Answers what it is asked when the next question comes, and refuses some. */
const slow: CoreFactory = (): Core => {
  let waiting: RequestId | undefined;
  return {
    step(_clock, input, out) {
      if (input.kind !== 'request') return;
      if (input.message.kind === 'forbidden') {
        out.refuse(input.id, 403, message('error'), 5_000);
        return;
      }
      if (waiting !== undefined) out.respond(waiting, message('answer'));
      waiting = input.id;
    },
    inspect: () => waiting,
  };
};

function asked(publicApplication: string | undefined, kinds: readonly string[]): unknown[] {
  const signatures = idealSignatures(new Uint8Array(32));
  const node = createP2pNode({
    signer: signatures.signer(new Uint8Array(32).fill(1)),
    signatures,
    random: createRandomStream('node'),
    limitsHops: true,
    codec: linkCodec,
    radioBytesPerSecond: 1_000,
    applications: { homeserver: slow },
    userApplication: undefined,
    servingApplication: undefined,
    ...(publicApplication === undefined ? {} : { publicApplication }),
    staticPeers: [],
    isAlwaysOn: true,
  })(undefined);
  const said: unknown[] = [];
  const out: Partial<Effects> = {
    respond: (request, answer) => void said.push([request, answer.kind]),
    refuse: (request, status, answer, wait) => void said.push([request, status, answer?.kind, wait]),
  };
  for (const [index, kind] of kinds.entries()) {
    const id = (index + 40) as RequestId;
    const input: Input = { kind: 'request', id, from: 'phone/1' as Address, message: message(kind) };
    node.step(clock, input, out as Effects);
  }
  return said;
}

it('is answered under the name that the host gave the question, however late', () => {
  expect(asked('homeserver', ['one', 'forbidden', 'two'])).toEqual([
    [41, 403, 'error', 5_000],
    [40, 'answer'],
  ]);
});

it('is told that there is nothing where no application is public', () => {
  expect(asked(undefined, ['one'])).toEqual([[40, 404, undefined, undefined]]);
});

/** Says why a message waits, whenever its person does something. */
const waiting: CoreFactory = (): Core => ({
  step(_clock, input, out) {
    if (input.kind !== 'user') return;
    const hold = (reason: HoldReason, cause: CauseToken): void =>
      out.observe({ kind: 'hold', messages: [5 as UserMessageId], reason, cause });
    hold('awaiting-answer', noCause);
    hold('backoff', 9 as CauseToken);
    hold('stored-for-recipient', noCause);
  },
  inspect: () => undefined,
});

it('says of waits and of what it drops which fault has cut it off, as long as it is', () => {
  const signatures = idealSignatures(new Uint8Array(32));
  const signerOf = (number: number): ReturnType<typeof signatures.signer> =>
    signatures.signer(new Uint8Array(32).fill(number));
  const node = createP2pNode({
    signer: signerOf(1),
    signatures,
    random: createRandomStream('node'),
    limitsHops: true,
    codec: linkCodec,
    radioBytesPerSecond: 1_000,
    applications: { homeserver: waiting },
    userApplication: 'homeserver',
    servingApplication: undefined,
    staticPeers: ['static.example' as Address],
    isAlwaysOn: true,
  })(undefined);
  const facts: CoreFact[] = [];
  const nothing = (): void => undefined;
  const out: Partial<Effects> = {
    observe: (fact) => void facts.push(fact),
    send: nothing,
    connect: nothing,
    disconnect: nothing,
    setTimer: nothing,
    cancelTimer: nothing,
    persist: nothing,
  };
  const step = (input: Input): void => node.step(clock, input, out as Effects);
  const said = (): unknown[] =>
    facts
      .splice(0)
      .flatMap((fact): unknown[] =>
        fact.kind === 'hold' ? [[fact.reason, fact.cause]] : fact.kind === 'not-kept' ? [fact.kind] : [],
      );
  const neighbour = 'link:radio/7' as Address;
  const frame: Traffic = {
    kind: 'pinecone.traffic',
    hopLimit: 10,
    destination: [],
    source: [],
    destinationKey: nodeKey(signerOf(3).publicKey),
    sourceKey: nodeKey(signerOf(2).publicKey),
    watermark: firstWatermark,
    payload: new Uint8Array(1),
    carries: [5 as UserMessageId],
  };
  step({ kind: 'start' });
  step({ kind: 'link-up', link: neighbour, peer: 'phone/7' as Address });
  step({ kind: 'message', from: neighbour, message: greet(signerOf(2)) });
  const both = (): unknown[] => {
    step({ kind: 'user', action: { kind: 'open-app' } });
    step({ kind: 'message', from: neighbour, message: frame });
    return said();
  };
  const failure = { kind: 'timed-out', phase: 'connect', definite: true, cause: 4 as CauseToken } as const;
  step({ kind: 'link-down', tag: 'static/0', failure });
  expect(both()).toEqual([
    ['awaiting-answer', 4],
    ['backoff', 9],
    ['stored-for-recipient', noCause],
    'not-kept',
    ['dropped', 4],
  ]);
  step({ kind: 'link-up', link: 'link:3' as Address, peer: 'static.example' as Address, tag: 'static/0' });
  expect(both()).toEqual([
    ['awaiting-answer', noCause],
    ['backoff', 9],
    ['stored-for-recipient', noCause],
    'not-kept',
    ['dropped', noCause],
  ]);
});

it.each([
  ['homeserver', [{ kind: 'close', session: 77 }]],
  [undefined, []],
])('with %s on top takes a dial that leads no farther for its own, and it fails', (serving, answered) => {
  const signatures = idealSignatures(new Uint8Array(32));
  const signerOf = (number: number): ReturnType<typeof signatures.signer> =>
    signatures.signer(new Uint8Array(32).fill(number));
  const node = createP2pNode({
    signer: signerOf(1),
    signatures,
    random: createRandomStream('node'),
    limitsHops: true,
    codec: linkCodec,
    radioBytesPerSecond: 1_000,
    applications: { homeserver: slow },
    userApplication: undefined,
    servingApplication: serving,
    staticPeers: [],
    isAlwaysOn: true,
  })(undefined);
  const packets: unknown[] = [];
  const nothing = (): void => undefined;
  const out: Partial<Effects> = {
    send: (_to, sent) => {
      if (sent.kind === 'pinecone.traffic') packets.push(decodePacket((sent as Traffic).payload));
    },
    observe: nothing,
    setTimer: nothing,
    cancelTimer: nothing,
  };
  const step = (input: Input): void => node.step(clock, input, out as Effects);
  const from = 'link:3' as Address;
  const dialler = nodeKey(signerOf(2).publicKey);
  step({ kind: 'start' });
  step({ kind: 'link-up', link: from, peer: from });
  step({ kind: 'message', from, message: greet(signerOf(2)) });
  const own = announce({ root: { key: dialler, sequence: 1 }, hops: [] }, 1, signerOf(2));
  step({ kind: 'message', from, message: own });
  const dial: Traffic = {
    kind: 'pinecone.traffic',
    hopLimit: 9,
    destination: [],
    source: [],
    destinationKey: '0'.repeat(64) as NodeKey,
    sourceKey: dialler,
    watermark: firstWatermark,
    payload: encodePacket({ kind: 'open', session: 77 }),
    carries: carriesNothing,
  };
  step({ kind: 'message', from, message: dial });
  expect(packets).toEqual(answered);
});

it('begins its minutes of broadcasts at its own time, though all nodes of a run start together', () => {
  const signatures = idealSignatures(new Uint8Array(32));
  const firsts = Array.from({ length: 20 }, (_, seed): number => {
    let at = 0;
    const nothing = (): void => undefined;
    const out: Partial<Effects> = {
      send: nothing,
      observe: nothing,
      setTimer: (timer, when) => {
        if (timer === broadcastTimer) at = when;
      },
      cancelTimer: nothing,
    };
    const node = createP2pNode({
      signer: signatures.signer(new Uint8Array(32).fill(1)),
      signatures,
      random: createRandomStream(`${seed}`),
      limitsHops: true,
      codec: linkCodec,
      radioBytesPerSecond: 1_000,
      applications: {},
      userApplication: undefined,
      servingApplication: undefined,
      staticPeers: [],
      isAlwaysOn: true,
    })(undefined);
    const step = (input: Input): void => node.step(clock, input, out as Effects);
    const from = 'link:1' as Address;
    step({ kind: 'start' });
    step({ kind: 'link-up', link: from, peer: from });
    step({ kind: 'message', from, message: greet(signatures.signer(new Uint8Array(32).fill(2))) });
    return at;
  });
  expect(Math.min(...firsts)).toBeGreaterThan(0);
  expect(Math.max(...firsts)).toBeLessThanOrEqual(minutes(1));
  expect(new Set(firsts).size).toBe(20);
});
