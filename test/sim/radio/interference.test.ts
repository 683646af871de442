// What phones in range do to each other's frames, against connection events that are thrown one by one, and against the
// formula of pure ALOHA.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import { airMicroseconds } from '../../../sim/radio/air-time.ts';
import { sparedAdvertisements } from '../../../sim/radio/interference.ts';
import { radioParameters } from '../../../sim/radio/radio-parameters.ts';
import { createAddressedDraw } from '../../../sim/random/addressed.ts';
import { createTestRadio, radioMessage, type TestRadio } from '../../support/radio.ts';

/** Android phones on a square of ten metres; or far from each other but for the first two. */
function crowd(size: number, parameters: Record<string, number> = {}, spacing = 1): TestRadio {
  const phones = Array.from({ length: size }, (_, index) => ({
    platform: 'android' as const,
    way: [{ at: 0, x: index < 2 ? index : (index % 10) * spacing, y: Math.floor(index / 10) * spacing }],
  }));
  const radio = createTestRadio(phones, { parameters });
  radio.on(...phones.keys());
  radio.runUntil(60);
  return radio;
}

interface Pair {
  readonly sender: number;
  readonly receiver: number;
}

function connected(radio: TestRadio, size: number): Pair {
  for (let sender = 0; sender < size; sender++)
    for (let receiver = 0; receiver < size; receiver++)
      if (sender !== receiver && radio.link(sender, receiver) !== undefined) return { sender, receiver };
  throw new Error('nobody is connected');
}

/** Transmissions per message of 200 bytes, sent far apart from each other. */
function transmissions(radio: TestRadio, { sender, receiver }: Pair, count = 3_000): number {
  const link = radio.link(sender, receiver)!;
  const before = radio.counted.air;
  for (let index = 0; index < count; index++) {
    radio.send(sender, link, radioMessage(`${index}`, 200));
    radio.runUntil(60 + (index + 1) * 2);
  }
  return (radio.counted.air - before) / count / airMicroseconds(200);
}

/** Share of frames of 2,088 µs that no connection event of `links` others hits: each picks its instant and channel. */
function thrown(links: number, frames: number): number {
  const draw = createAddressedDraw('thrown');
  const interval = 30_000;
  const phases = Array.from({ length: links }, (_, link) => draw('phase', link) * interval);
  let spared = 0;
  for (let frame = 0; frame < frames; frame++) {
    const begin = draw('frame', frame) * interval;
    const channel = Math.floor(draw('channel', frame) * 37);
    const isHit = phases.some((phase, link) =>
      [-1, 0, 1].some((round) => {
        const at = phase + round * interval;
        const overlaps = at < begin + 2_088 && at + 310 > begin;
        return overlaps && Math.floor(draw('hop', frame, link, round) * 37) === channel;
      }),
    );
    if (!isHit) spared++;
  }
  return spared / frames;
}

describe('connection events of others in range', () => {
  it('hit as many frames as events thrown one by one do', () => {
    const radio = crowd(80);
    const pair = connected(radio, 80);
    const links = Array.from({ length: 80 }, (_, node) => radio.links(node));
    const all = links.reduce((sum, count) => sum + count, 0) / 2;
    // Neither the receiver's own links nor the sender's: each has one radio. Of the sender's others half count.
    const others = Math.round(all - links[pair.receiver]! - (links[pair.sender]! - 1) / 2);
    expect(others).toBeGreaterThan(200);
    const spared = 1 / transmissions(radio, pair);
    expect(spared).toBeLessThan(0.7);
    expect(Math.abs(spared - thrown(others, 6_000))).toBeLessThan(0.03);
  });

  it('hit none where phones are out of range of each other, or where colliding does no harm', () => {
    const far = crowd(80, {}, 1_000);
    expect(transmissions(far, { sender: 0, receiver: 1 }, 200)).toBe(1);
    const harmless = crowd(80, { radioCollisionShare: 0 });
    expect(transmissions(harmless, connected(harmless, 80), 200)).toBe(1);
  });
});

it('data of others costs transmissions, in the second after it and no longer', () => {
  const radio = crowd(40);
  const { sender, receiver } = connected(radio, 40);
  const talkers = [...Array(40).keys()].filter((node) => node !== sender && node !== receiver);
  const link = radio.link(sender, receiver)!;
  const airOf = (messages: number): number => {
    const before = radio.counted.air;
    for (let index = 0; index < messages; index++)
      radio.send(sender, link, radioMessage(`mine ${index}`, 200));
    return (radio.counted.air - before) / messages / airMicroseconds(200);
  };
  const quiet = airOf(400);
  // Everybody else sends without pause for two seconds.
  for (const talker of talkers)
    for (const other of talkers) {
      const theirs = radio.link(talker, other);
      if (theirs !== undefined) radio.send(talker, theirs, radioMessage('theirs', 60_000));
    }
  radio.runUntil(61.5);
  const loud = airOf(400);
  radio.runUntil(90);
  const quietAgain = airOf(400);
  // 38 transmitters' worth on 37 channels: e^-2 of the frames are spared.
  expect(loud / quiet).toBeGreaterThan(4);
  expect(quietAgain / quiet).toBeLessThan(1.3);
});

describe('advertisements', () => {
  const parameters = radioParameters(new Map());

  it('are spared as pure ALOHA says, on the channel that is listened to', () => {
    // 376 µs each quarter of a second.
    for (const [inRange, spared] of [
      [1, 1],
      [2, 0.997],
      [101, 0.7402],
      [501, 0.2222],
    ] as const)
      expect(sparedAdvertisements(parameters, inRange)).toBeCloseTo(spared, 3);
  });

  it('take longer to be heard where many advertise', () => {
    // Only the first two connect to anybody: the rest of the links is no matter here.
    const timeToConnect = (parameters: Record<string, number>): number => {
      const radio = crowd(150, { radioTotalLinksAndroid: 1, ...parameters });
      const ups = radio.handed
        .filter(({ input }) => input.kind === 'link-up')
        .map(({ at }) => at / seconds(1));
      return ups.reduce((sum, at) => sum + at, 0) / ups.length;
    };
    expect(timeToConnect({ radioAdvertisingMs: 20 })).toBeGreaterThan(
      1.5 * timeToConnect({ radioAdvertisingMs: 20, radioCollisionShare: 0 }),
    );
  });
});
