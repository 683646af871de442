// Reference loops: what this machine does of well-known work, so that figures of another machine can be held beside ours.
import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { BareHold } from './bare-heap.ts';
import type { Row } from './bench.ts';
import { ratePerSecond } from './measure.ts';

/** 755 bytes, the size of a common PDU: a join with one signature. */
export const pduText: string = JSON.stringify({
  auth_events: [1, 2, 3].map((digit) => `$${String(digit).repeat(43)}`),
  content: { avatar_url: 'mxc://hs17.example/abcdefghijklmnop', displayname: 'User 17', membership: 'join' },
  depth: 1_017,
  hashes: { sha256: 'h'.repeat(43) },
  origin_server_ts: 1_767_225_600_000,
  prev_events: [`$${'p'.repeat(43)}`],
  room_id: '!bench:hs0.example',
  sender: '@user17:hs17.example',
  signatures: { 'hs17.example': { 'ed25519:1': 's'.repeat(86) } },
  state_key: '@user17:hs17.example',
  type: 'm.room.member',
}).padEnd(755, ' ');

/** A loop, and its rate on the machine on which other programs were measured where that is known. */
interface ReferenceLoop {
  readonly name: string;
  /** Operations per second there: one core of an AMD EPYC virtual machine, Node 20.20, medians of five. */
  readonly known?: number;
  readonly measure: () => number;
}

const bytes = Buffer.from(pduText);

const sha256Loop: ReferenceLoop = {
  name: 'SHA-256 of 755 bytes',
  known: 1_500_000,
  measure: () =>
    ratePerSecond(
      1_000,
      repeat(1_000, () => hash('sha256', pduText, 'buffer')),
    ),
};

const verifyLoop: ReferenceLoop = {
  name: 'ed25519 verify',
  known: 14_900,
  measure: () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const signature = sign(null, bytes, privateKey);
    return ratePerSecond(
      100,
      repeat(100, () => verify(null, bytes, publicKey, signature)),
    );
  },
};

const heapLoop: ReferenceLoop = {
  name: 'typed heap, 100000 pending',
  known: 6_200_000,
  measure: () => {
    const hold = new BareHold(100_000);
    return ratePerSecond(100_000, () => hold.run(100_000));
  },
};

/** Arithmetic, public-key arithmetic and memory: what other programs' figures are scaled by. */
const scalingLoops = [sha256Loop, verifyLoop, heapLoop];

const otherLoops: readonly ReferenceLoop[] = [
  {
    name: 'ed25519 sign',
    known: 41_000,
    measure: () => {
      const { privateKey } = generateKeyPairSync('ed25519');
      return ratePerSecond(
        100,
        repeat(100, () => sign(null, bytes, privateKey)),
      );
    },
  },
  {
    name: 'public key object from 32 bytes',
    known: 14_200,
    measure: () => {
      const { publicKey } = generateKeyPairSync('ed25519');
      const der = publicKey.export({ format: 'der', type: 'spki' });
      return ratePerSecond(
        100,
        repeat(100, () => createPublicKey({ key: der, format: 'der', type: 'spki' })),
      );
    },
  },
  {
    name: 'JSON.parse of 755 bytes',
    measure: () =>
      ratePerSecond(
        1_000,
        repeat(1_000, () => JSON.parse(pduText) as unknown),
      ),
  },
  {
    name: 'JSON.stringify of the same',
    measure: () => {
      const value: unknown = JSON.parse(pduText);
      return ratePerSecond(
        1_000,
        repeat(1_000, () => JSON.stringify(value)),
      );
    },
  },
  {
    name: 'Map set and get, 100000 event ids',
    measure: () => ratePerSecond(100_000, () => indexOnce(eventIds(100_000))),
  },
  {
    name: 'sort of 10000 event ids',
    measure: () => {
      const ids = eventIds(10_000);
      return ratePerSecond(10_000, () => ids.toSorted());
    },
  },
];

/** Rates of all reference loops. */
export function referenceRows(): readonly Row[] {
  return [...scalingLoops, ...otherLoops].map(({ name, known, measure }) => ({
    name,
    value: measure(),
    unit: '/s',
    ...(known === undefined ? {} : { comparison: { name: 'the machine of the goals', value: known } }),
  }));
}

/**
 * How fast this machine is at the moment as a share of the one on which other programs were measured: the geometric mean
 * of three reference loops. Their times, divided by this, are what they would take here.
 */
export function machineSpeed(): number {
  const shares = scalingLoops.map(({ known = NaN, measure }) => measure() / known);
  return Math.exp(shares.reduce((sum, share) => sum + Math.log(share), 0) / shares.length);
}

function repeat(times: number, operation: () => unknown): () => void {
  return () => {
    for (let index = 0; index < times; index++) operation();
  };
}

/** Ids of 44 characters in no order. */
function eventIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `$${hash('sha256', String(index), 'base64url')}`);
}

function indexOnce(ids: readonly string[]): number {
  const index = new Map<string, number>();
  for (const [position, id] of ids.entries()) index.set(id, position);
  let sum = 0;
  for (const id of ids) sum += index.get(id) ?? 0;
  return sum;
}
