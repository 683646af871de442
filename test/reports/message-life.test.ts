// A message's life: its spans are its delay, the fault is named on the way, and the twin has none of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lifeInWords } from '../../reports/message-life-words.ts';
import { lifeOfMessage, type MessageLife } from '../../reports/message-life.ts';
import { runScenario } from '../../reports/runner.ts';
import { saveRun, StoreError } from '../../reports/store.ts';
import { worstDeliveries, type SufferedDelivery } from '../../reports/worst-messages.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { systems } from '../../sim/systems/registry.ts';

const scenario = {
  text: `
netsplit: 1
name: ten-people
title: Ten people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 60m, horizon: 2h, shortHorizon: a test }
people: { count: 10, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 5, peoplePerRoom: 10 }
systems: { signal: }
faults:
  - id: table-store-dns
    title: The table store's DNS record is empty
    kind: dns
    target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb
    answer: empty
    negativeTtlSeconds: 60
    start: 15m
    end: 40m
    source: invented
`,
  file: 'ten-people.yaml',
};
const seed = 3;
const compiled = compileScenario(scenario);
const setting = {
  epochMs: compiled.world.epochWallMs,
  faults: compiled.faults.map((fault) => ({ ...fault, start: fault.start / 1e6, end: fault.end / 1e6 })),
};

describe('the life of the message that suffered most', () => {
  let worst: SufferedDelivery;
  let life: MessageLife;
  beforeAll(async () => {
    const store = mkdtempSync(join(tmpdir(), 'netsplit-life-'));
    const run = await runScenario({ scenario, name: 'x', seed, workers: 0 });
    const { path } = await saveRun(store, run);
    worst = (await worstDeliveries(path, 1))[0]!;
    rmSync(store, { recursive: true });
    life = lifeOfMessage({ compiled, seed, system: systems.get('signal')!, message: worst.message });
  });

  it('is told from the press of send to the delivery without gap or overlap', () => {
    for (const { at, spans } of life.deliveries) {
      expect(spans[0]?.start).toBe(life.sentAt);
      expect(spans.at(-1)?.end).toBe(at ?? compiled.windows.horizon);
      spans.slice(1).forEach((span, index) => expect(span.start).toBe(spans[index]?.end));
    }
  });

  it('agrees with the record of the run about how late it was', () => {
    const delivery = life.deliveries.find(({ recipient }) => recipient === worst.recipient)!;
    const excess = delivery.at === null ? null : (delivery.at - delivery.twinAt!) / 1e6;
    expect(excess).toBe(worst.excessSeconds);
  });

  it('leads from the fault to the message in words', () => {
    const words = lifeInWords(life, setting).join('\n');
    expect(words).toMatch(/^Message \d+ on signal: person \d+ pressed send at 2025-10-20 15:\d\d/);
    expect(words).toMatch(
      / {2}because The table store's DNS record is empty \(kind=dns-zone .*15:15:00\.000 to .*15:40:00\.000\) → .* of its way/,
    );
    expect(words).toMatch(/← The table store's DNS record is empty/);
  });

  it('is another without the faults, and refuses messages that there are not', () => {
    const spared = compileScenario({ ...scenario, overrides: ['faults=[]'] });
    const other = lifeOfMessage({
      compiled: spared,
      seed,
      system: systems.get('signal')!,
      message: worst.message,
    });
    expect(other.deliveries.flatMap(({ spans }) => spans.flatMap(({ faults }) => faults))).toEqual([]);
    expect(() => lifeOfMessage({ compiled, seed, system: systems.get('signal')!, message: 99_999 })).toThrow(
      RangeError,
    );
  });

  it('says where the fates are missing', async () => {
    await expect(worstDeliveries(tmpdir(), 1)).rejects.toThrow(StoreError);
  });
});
