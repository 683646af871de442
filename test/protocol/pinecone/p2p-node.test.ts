// A node as a server on the Internet: who is no node may ask the application that is public, and nobody else's.
import { expect, it } from 'vitest';
import type { Address, Core, CoreFactory, Effects, Input, RequestId } from '../../../protocol/core.ts';
import { idealSignatures } from '../../../protocol/signatures.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import { linkCodec } from '../../../protocol/pinecone/codec.ts';
import { createP2pNode } from '../../../protocol/pinecone/p2p-node.ts';
import type { Clock } from '../../../protocol/time.ts';
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
