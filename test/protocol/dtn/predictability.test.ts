// Delivery predictabilities by the equations of RFC 6693, worked out by hand.
import { describe, expect, it } from 'vitest';
import { Predictabilities } from '../../../protocol/dtn/predictability.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';

const at = (duration: number): Instant => duration as Instant;
const billionths = (share: number): number => Math.round(share * 1e9);

describe('delivery predictability', () => {
  it('begins at P_encounter_first', () => {
    const node = new Predictabilities(0, 3);
    expect(node.at(1, at(0))).toBe(0);
    node.meets(1, at(0));
    expect(node.at(1, at(0))).toBe(billionths(0.5));
  });

  it('grows by 0.7 of what is left up to 0.99 after a typical interval (equation 1), having aged by it', () => {
    const node = new Predictabilities(0, 3);
    node.meets(1, at(0));
    node.meets(1, at(minutes(30)));
    let aged = 0.5;
    for (let unit = 0; unit < 60; unit++) aged *= 0.999;
    expect(node.at(1, at(minutes(30))) / 1e9).toBeCloseTo(aged + (0.99 - aged) * 0.7, 8);
  });

  it('grows in proportion to a shorter interval, and not at all at once', () => {
    const node = new Predictabilities(0, 3);
    node.meets(1, at(0));
    node.meets(1, at(0));
    expect(node.at(1, at(0))).toBe(billionths(0.5));
    node.meets(1, at(seconds(18)));
    expect(node.at(1, at(seconds(18))) / 1e9).toBeCloseTo(0.5 + 0.49 * 0.007, 8);
  });

  it('ages by 0.999 per whole 30 s (equation 2), whenever it is looked at', () => {
    const node = new Predictabilities(0, 3);
    node.meets(1, at(0));
    expect(node.at(1, at(seconds(29)))).toBe(billionths(0.5));
    expect(node.at(1, at(seconds(30)))).toBe(billionths(0.4995));
    expect(node.at(1, at(seconds(60)))).toBe(billionths(0.4990005));
    expect(node.at(1, at(seconds(40_000_000)))).toBe(0);
  });

  it('is the same however often it was looked at and changed for others meanwhile', () => {
    const [seldom, often] = [new Predictabilities(0, 4), new Predictabilities(1, 4)];
    seldom.meets(2, at(0));
    often.meets(2, at(0));
    for (let unit = 1; unit <= 1_000; unit++) {
      const now = at(seconds(30 * unit));
      often.meets(3, now);
      expect(often.at(2, now)).toBe(seldom.at(2, now));
    }
  });

  it('is the same whether it aged before it was passed on or after', () => {
    const [early, late, peer] = [0, 1, 2].map((node) => new Predictabilities(node, 4)) as [
      Predictabilities,
      Predictabilities,
      Predictabilities,
    ];
    peer.meets(3, at(0));
    early.meets(2, at(0));
    early.learns(2, peer, at(0));
    late.meets(2, at(seconds(90)));
    late.learns(2, peer, at(seconds(90)));
    for (let unit = 3; unit <= 1_000; unit++) {
      const now = at(seconds(30 * unit));
      expect(late.at(3, now)).toBe(early.at(3, now));
    }
  });

  it('is forgotten below 0.1: the next encounter is a first one', () => {
    const node = new Predictabilities(0, 2);
    node.meets(1, at(0));
    const later = at(minutes(30 * 30));
    expect(node.at(1, later)).toBeLessThan(billionths(0.1));
    node.meets(1, later);
    expect(node.at(1, later)).toBe(billionths(0.5));
  });

  it('passes through others as the larger of what was and what they make of it (equation 3)', () => {
    const [node, peer] = [new Predictabilities(0, 3), new Predictabilities(1, 3)];
    peer.meets(2, at(0));
    node.meets(1, at(0));
    node.learns(1, peer, at(0));
    expect(node.at(2, at(0))).toBe(billionths(0.5 * 0.5 * 0.9));
    node.meets(2, at(0));
    const met = node.at(2, at(0));
    expect(met).toBe(billionths(0.225 + (0.99 - 0.225) * 0.7));
    node.learns(1, peer, at(0));
    expect(node.at(2, at(0))).toBe(met);
    expect(node.at(0, at(0))).toBe(0);
  });
});
