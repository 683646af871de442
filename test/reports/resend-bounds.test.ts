// What a run says if nobody or everybody sends again by hand: simulated, not estimated; and only where somebody was asked to.
import { beforeAll, describe, expect, it } from 'vitest';
import { withResendBounds } from '../../reports/resend-bounds.ts';
import { runRecordSchema } from '../../reports/record.ts';
import { runScenario, type FinishedRun, type RunOptions } from '../../reports/runner.ts';
import { resendCaveat } from '../../reports/summarise.ts';

const text = `
netsplit: 1
name: eight-people
title: Eight people
description: A server is away.
sources: [{ title: invented, url: https://example.org/ }]
epoch: 2026-01-12T09:00Z
windows: { warmUp: 5m, sending: 1h, horizon: 3h, shortHorizon: nobody waits for long here }
people: { count: 8, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 150, roomSize: 8, peoplePerRoom: 8 }
world: { servers: [{ name: ash.example, site: hetzner/falkenstein, users: 8, software: synapse }] }
systems: { matrix: { elementWebShare: 1, fluffyChatShare: 0 } }
faults:
  - { id: off, title: The server is off, kind: power-loss, target: host=ash.example, start: 15m, end: 35m, source: invented }
`;

const optionsWith = (overrides: readonly string[]): RunOptions => ({
  scenario: { text, file: 'eight-people.yaml', overrides },
  name: 'eight-people.yaml',
  seed: 3,
  workers: 0,
});

describe('bounds of sending again', () => {
  let plain: FinishedRun;
  let bounded: FinishedRun;
  beforeAll(async () => {
    plain = await runScenario(optionsWith([]));
    bounded = await withResendBounds(plain, optionsWith([]));
  }, 60_000);

  it('are the figures of the same run with another habit', async () => {
    const { resend, delivery, digest } = bounded.record.systems['matrix']!;
    const always = await runScenario(optionsWith(['people.neverResendShare=0']));
    expect(resend?.always.ratio).toBe(always.record.systems['matrix']!.delivery.ratio);
    expect(resend?.never.ratio).toBeLessThan(delivery.ratio!);
    expect(resend?.always.ratio).toBeGreaterThan(delivery.ratio!);
    expect(digest).toBe(plain.record.systems['matrix']!.digest);
    expect(runRecordSchema.parse(bounded.record)).toEqual(bounded.record);
    expect(bounded.record.reproduce).toMatch(/ --resend-bounds$/);
  }, 60_000);

  it('are asked for by every run that leaves something to people', () => {
    expect(resendCaveat(plain.record)).toContain('--resend-bounds');
    expect(resendCaveat(bounded.record)).not.toContain('--resend-bounds');
  });

  it('need no further simulation where nobody was shown a failure', async () => {
    const options = optionsWith(['systems.matrix.elementWebShare=0']);
    const calm = await runScenario(options);
    // A scenario that cannot run shows that none is run.
    const { record } = await withResendBounds(calm, { ...options, scenario: { text: '', file: 'none' } });
    const { resend, delivery } = record.systems['matrix']!;
    expect(resend?.never).toEqual(resend?.always);
    expect(resend?.never.ratio).toBe(delivery.ratio);
    expect(resendCaveat(calm.record)).toBeUndefined();
  }, 60_000);
});
