// Slices of a run, what is drawn of them, and states of nodes: taken by simulating again, without changing anything.
import { beforeAll, describe, expect, it } from 'vitest';
import { toPng } from '../../reports/charts/to-png.ts';
import {
  inspectNode,
  nodeNamesOf,
  UnknownNode,
  type Inspection,
} from '../../reports/inspection/inspect-node.ts';
import { stateInWords } from '../../reports/inspection/state-in-words.ts';
import { MissingPackage } from '../../reports/missing-package.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { chromeTrace } from '../../reports/spacetime/chrome-trace.ts';
import { drawSpacetime } from '../../reports/spacetime/draw-spacetime.ts';
import { SliceTooLarge } from '../../reports/spacetime/gatherer.ts';
import { RowsOfTime } from '../../reports/spacetime/rows-of-time.ts';
import { takeSlice, type Slice, type SliceOptions } from '../../reports/spacetime/slice.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { systems } from '../../sim/systems/registry.ts';

const compiled = compileScenario({
  text: `
netsplit: 1
name: ten-people
title: Ten people lose their table store
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 60m, horizon: 2h, shortHorizon: a test }
people: { count: 10, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 5, peoplePerRoom: 10 }
systems: { signal: , matrix: , bitchat: }
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
});
const seed = 3;
const minute = 60_000_000;
const of = (id: string): Pick<SliceOptions, 'compiled' | 'seed' | 'system' | 'variant'> => ({
  compiled,
  seed,
  system: systems.get(id)!,
  variant: 'run',
});
const whole = { from: 0, until: compiled.windows.horizon, most: 1_000_000 };

describe('somebody who looks on', () => {
  it.each(['signal', 'matrix', 'bitchat'])('changes nothing in %s', (id) => {
    const workload = compiled.workload(String(seed));
    const plan = simulationPlan({ ...of(id), workload });
    const unseen = createSimulation(plan, { record: () => undefined }).finish();
    let taken = 0;
    const watcher = { took: () => taken++, running: () => undefined };
    const seen = createSimulation({ ...plan, watcher }, { record: () => undefined }).finish();
    expect([seen.digest, seen.outcome]).toEqual([unseen.digest, unseen.outcome]);
    expect(taken).toBeGreaterThan(0);
  });
});

describe('a slice', () => {
  let all: Slice;
  beforeAll(() => {
    all = takeSlice({ ...of('signal'), ...whole });
  });

  it('has what arrives before each delivery, and arrows that point forward in time', () => {
    const delivered = all.happenings.filter(({ what }) => what === 'delivered');
    expect(delivered.length).toBeGreaterThan(50);
    for (const { at, node, message } of delivered)
      expect(
        all.transfers.some(
          (each) => each.to === node && each.takenAt === at && each.carries.includes(message!),
        ),
      ).toBe(true);
    for (const { sentAt, takenAt, legs } of all.transfers) {
      expect(sentAt).toBeLessThanOrEqual(takenAt);
      expect(legs.every(({ until }) => until <= takenAt)).toBe(true);
    }
  });

  it('is cut by time, by nodes and by message, and says when it is too large', () => {
    const { message } = all.happenings.find(({ what }) => what === 'delivered')!;
    const one = takeSlice({ ...of('signal'), ...whole, message });
    expect(one.transfers).toEqual(all.transfers.filter(({ carries }) => carries.includes(message!)));
    const part = takeSlice({ ...of('signal'), from: 20 * minute, until: 30 * minute, most: 1_000_000 });
    expect(part.transfers).toEqual(
      all.transfers.filter(({ takenAt }) => takenAt >= 20 * minute && takenAt <= 30 * minute),
    );
    expect(part.faults).toMatchObject([{ id: 'table-store-dns', start: 15 * minute, end: 40 * minute }]);
    const nodes = ['phone/2'];
    const narrow = takeSlice({ ...of('signal'), ...whole, nodes });
    expect(narrow.transfers.length).toBeGreaterThan(0);
    expect(narrow.transfers.every(({ from, to }) => from === 'phone/2' || to === 'phone/2')).toBe(true);
    expect(() => takeSlice({ ...of('signal'), ...whole, most: 3 })).toThrow(SliceTooLarge);
    expect(() => takeSlice({ ...of('signal'), ...whole, nodes: ['phone/200'] })).toThrow(UnknownNode);
  });

  it('becomes a trace in which every flow begins and ends in a slice of its node', () => {
    const { traceEvents } = JSON.parse(chromeTrace(all, { seed: '3' })) as {
      traceEvents: {
        ph: string;
        id?: string;
        tid: number;
        ts: number;
        pid: number;
        name: string;
        dur?: number;
      }[];
    };
    const slices = new Set(traceEvents.filter(({ ph }) => ph === 'X').map(({ tid, ts }) => `${tid} ${ts}`));
    const [begun, ended] = ['s', 'f'].map((end) => traceEvents.filter(({ ph }) => ph === end));
    expect(begun!.map(({ id }) => id)).toEqual(ended!.map(({ id }) => id));
    expect(begun!.length).toBe(all.transfers.length);
    for (const { tid, ts } of [...begun!, ...ended!]) expect(slices.has(`${tid} ${ts}`)).toBe(true);
    expect(traceEvents.find(({ pid, ph }) => pid === 1 && ph === 'X')).toMatchObject({
      name: "The table store's DNS record is empty",
      ts: 15 * minute,
      dur: 25 * minute,
    });
    // What waited because of the fault says so on its message's track.
    const opened = traceEvents.filter(({ ph }) => ph === 'b').length;
    expect(opened).toBe(all.stays.length);
    expect(traceEvents.filter(({ ph }) => ph === 'e').length).toBe(opened);
  });
});

const hostile = '<script>alert("&")</script>\u202E';
const drawn: Slice = {
  system: 'signal',
  seed: 1,
  variant: 'run',
  epochMs: 0,
  from: 0,
  until: 1_000_000,
  nodes: ['a', hostile],
  transfers: [
    {
      from: 'a',
      to: hostile,
      sentAt: 1_000,
      takenAt: 41_000,
      kind: hostile,
      form: 'request',
      carries: [7],
      legs: [{ until: 41_000, reason: 'in-flight', faults: [hostile] }],
    },
  ],
  happenings: [
    { at: 1_000, node: 'a', what: 'sent', message: 7, faults: [] },
    { at: 500_000, node: 'a', what: 'stopped', faults: [hostile] },
    { at: 900_000, node: 'a', what: 'started', faults: [] },
  ],
  stays: [],
  faults: [{ id: 'f', title: hostile, start: 0, end: 800_000 }],
};

describe('a space-time diagram', () => {
  it('has a line per node, an arrow per message, and says what it is and how far to trust it', () => {
    const svg = drawSpacetime(drawn, 'Two nodes', ['netsplit · seed 1', 'One run with one seed: no range.']);
    expect(svg).toBe(
      drawSpacetime(drawn, 'Two nodes', ['netsplit · seed 1', 'One run with one seed: no range.']),
    );
    expect(svg.match(/marker-end/g)).toHaveLength(1);
    expect(svg).toContain('00:00:00.041');
    expect(svg).toContain('stroke-dasharray'); // node a, while it is down
    expect(svg).toContain('One run with one seed: no range.');
  });

  it('makes hostile text harmless', () => {
    const svg = drawSpacetime(drawn, hostile, [hostile]);
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u202E');
    expect(svg).toContain('&lt;script&gt;');
  });

  it('refuses what cannot be read', () => {
    expect(() => drawSpacetime({ ...drawn, transfers: [], happenings: [] }, '', [])).toThrow(
      /nothing happens/,
    );
    const nodes = Array.from({ length: 41 }, (_, index) => `n${index}`);
    expect(() => drawSpacetime({ ...drawn, nodes }, '', [])).toThrow(/at most 40/);
  });

  it('keeps the order of instants, however far apart they are', () => {
    const rows = new RowsOfTime([5_000, 0, 9e9, 1_000]);
    const tops = [0, 500, 1_000, 5_000, 4e9, 9e9].map((at) => rows.topOf(at));
    expect(tops).toEqual(tops.toSorted((left, right) => left - right));
    expect(new Set(tops).size).toBe(tops.length);
    expect(rows.topOf(9e9)).toBe(rows.height);
  });

  it('can be a PNG, where the package for that is installed', async () => {
    const png = await toPng(drawSpacetime(drawn, 'Two nodes', [])).catch((error: unknown) => error);
    if (png instanceof MissingPackage) expect(png.message).toContain('npm install @resvg/resvg-js');
    else
      expect([...(png as Uint8Array).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe(
        'PNG',
      );
  });
});

describe('the state of a node', () => {
  const at = (instant: number, variant: 'run' | 'twin' = 'run'): Inspection =>
    inspectNode({ ...of('matrix'), variant, node: 'hs/matrix.org', at: instant });

  it('is what the run itself has there and then, and another at another instant', () => {
    const workload = compiled.workload(String(seed));
    const simulation = createSimulation(simulationPlan({ ...of('matrix'), workload }), {
      record: () => undefined,
    });
    simulation.finish();
    const end = at(compiled.windows.horizon);
    expect(end.state).toEqual(simulation.inspect('hs/matrix.org'));
    expect(at(minute).state).not.toEqual(end.state);
    expect(at(20 * minute)).toMatchObject({ faults: ['table-store-dns'], node: 'hs/matrix.org' });
    expect(at(20 * minute, 'twin').faults).toEqual([]);
  });

  it('is refused for what is no node, with names that look like it, and outside the run', () => {
    expect(nodeNamesOf(of('matrix'))).toContain('hs/matrix.org');
    const ask = (): unknown => inspectNode({ ...of('matrix'), node: 'hs/matrix.ogr', at: minute });
    expect(ask).toThrow(UnknownNode);
    try {
      ask();
    } catch (error) {
      expect((error as UnknownNode).nearest[0]).toBe('hs/matrix.org');
    }
    expect(() => at(-1)).toThrow(RangeError);
    expect(() => at(compiled.windows.horizon + 1)).toThrow(/up to|horizon/);
  });

  it('reads as words', () => {
    expect(
      stateInWords({ homeserver: { streamPosition: 3, rooms: [{ roomId: '!a', open: true }], queues: [] } }),
    ).toEqual([
      'homeserver:',
      '  stream position: 3',
      '  rooms (1):',
      '    - room id: !a',
      '      open: yes',
      '  queues: none',
    ]);
  });
});
