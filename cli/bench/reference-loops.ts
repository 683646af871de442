// Reference loops: what this machine does of well-known work, so that figures of another machine can be held beside ours.
import { createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { BareHold } from './bare-heap.ts';
import type { Row } from './bench.ts';
import { ratePerSecond, Rounds } from './measure.ts';

/** 755 bytes, the size of a common PDU: a join with one signature. */
const pduText: string = JSON.stringify({
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

const bytes = Buffer.from(pduText);

/** A loop, and its rate on the machine on which other programs were measured where that is known. */
interface ReferenceLoop {
  readonly name: string;
  /** Operations per second there: one core of an AMD EPYC virtual machine, Node 20.20, medians of five. */
  readonly known?: number;
  /** Operations per call of {@link operation}. */
  readonly count: number;
  readonly operation: () => unknown;
}

/** Arithmetic, public-key arithmetic and memory: what other programs' figures are scaled by. */
function scalingLoops(): readonly ReferenceLoop[] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, bytes, privateKey);
  const hold = new BareHold(100_000);
  return [
    {
      name: 'SHA-256 of 755 bytes',
      known: 1_500_000,
      count: 1_000,
      operation: repeat(1_000, () => hash('sha256', pduText, 'buffer')),
    },
    {
      name: 'ed25519 verify',
      known: 14_900,
      count: 100,
      operation: repeat(100, () => verify(null, bytes, publicKey, signature)),
    },
    {
      name: 'typed heap, 100000 pending',
      known: 6_200_000,
      count: 20_000,
      operation: () => hold.run(20_000),
    },
  ];
}

function otherLoops(): readonly ReferenceLoop[] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const value: unknown = JSON.parse(pduText);
  const ids = eventIds(100_000);
  const fewIds = ids.slice(0, 10_000);
  return [
    {
      name: 'ed25519 sign',
      known: 41_000,
      count: 100,
      operation: repeat(100, () => sign(null, bytes, privateKey)),
    },
    {
      name: 'public key object from 32 bytes',
      known: 14_200,
      count: 100,
      operation: repeat(100, () => createPublicKey({ key: der, format: 'der', type: 'spki' })),
    },
    {
      name: 'JSON.parse of 755 bytes',
      count: 1_000,
      operation: repeat(1_000, () => JSON.parse(pduText) as unknown),
    },
    {
      name: 'JSON.stringify of the same',
      count: 1_000,
      operation: repeat(1_000, () => JSON.stringify(value)),
    },
    { name: 'Map set and get, 100000 event ids', count: ids.length, operation: () => indexOnce(ids) },
    { name: 'sort of 10000 event ids', count: fewIds.length, operation: () => fewIds.toSorted() },
  ];
}

/** Rates of all reference loops. */
export function referenceRows(): readonly Row[] {
  return [...scalingLoops(), ...otherLoops()].map(({ name, known, count, operation }) => ({
    name,
    value: new Rounds(5, { loop: () => ratePerSecond(count, operation) }).of('loop'),
    unit: '/s',
    ...(known === undefined ? {} : { comparison: { name: 'the machine of the goals', value: known } }),
  }));
}

/**
 * Tells how fast this machine is at the moment as a share of the one on which other programs were measured: the
 * geometric mean of three reference loops. Their times, divided by this, are what they would take here and now.
 */
export function machineGauge(): () => number {
  const loops = scalingLoops();
  return () => {
    const logarithms = loops.map(({ known = NaN, count, operation }) =>
      Math.log(ratePerSecond(count, operation, 10) / known),
    );
    return Math.exp(logarithms.reduce((sum, each) => sum + each, 0) / loops.length);
  };
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
