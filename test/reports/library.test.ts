// The library for other people's tests: matchers say what is wrong, arbitraries give what scenarios take, and a failing
// property leaves seed, path and a case that replays.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  faultTimelines,
  keepingCases,
  matchers,
  roomDags,
  runsOf,
  scenario,
  simulate,
} from '../../reports/library/index.ts';
import { replayScenarioCase } from '../../reports/search/replay-case.ts';
import { readScenarioCase } from '../../scenarios/cases/scenario-case.ts';

const world = {
  netsplit: 1,
  name: 'apart',
  title: 'Apart',
  description: 'Two phones, and nobody near.',
  epoch: '2026-01-05T10:00Z',
  windows: { warmUp: '1m', sending: '10m', horizon: '20m', shortHorizon: 'a test' },
  people: { count: 2, cities: [{ name: 'berlin', share: 1 }] },
  movement: { model: 'meetings', meetings: [] },
  script: {
    conversations: [{ kind: 'group', members: [0, 1] }],
    messages: [{ at: '5m', by: 0, in: 0 }],
  },
  systems: { bitchat: {} },
};

describe('the library', () => {
  it('tells what did not come, and refuses invariants that there are not', () => {
    const run = simulate(scenario(world));
    const told = matchers.toDeliver(run, 60);
    expect(told.pass).toBe(false);
    expect(told.message()).toMatch(/message 0 to person 1: never/);
    expect(matchers.toHoldInvariants(run).pass).toBe(true);
    expect(() => matchers.toHoldInvariants(run, ['is-caried'])).toThrow(
      /no invariant "is-caried"; did you mean "is-carried"\?; there are no-crash, ends, /,
    );
    const { toConverge } = matchers as Readonly<Record<string, (given: unknown) => unknown>>;
    expect(() => toConverge?.(scenario(world))).toThrow(/expect\(simulate\(scenario\)\)/);
    expect(() => toConverge?.(3)).toThrow('expected a run, which simulate() returns, found number');
    expect(simulate(scenario(world)).digest).toBe(run.digest);
  });

  it('draws what scenarios take', () => {
    fc.assert(
      fc.property(faultTimelines({ targets: ['kind=city city=berlin'], overBy: 900 }), (faults) => {
        expect(scenario({ ...world, faults }).compiled.faults).toHaveLength(faults.length);
      }),
      { seed: 1, numRuns: 5 },
    );
    const [events = []] = fc.sample(roomDags('11', { maxSteps: 20 }), { seed: 1, numRuns: 1 });
    expect(events[0]?.type).toBe('m.room.create');
  });

  it('leaves seed, path and a case where a property fails', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
    try {
      const check = (): void =>
        fc.assert(
          fc.property(runsOf('signal', { maxPeople: 2 }), (drawn) => {
            expect(simulate(drawn).deliveries).toEqual([]);
          }),
          { seed: 7, numRuns: 3, endOnFailure: true, reporter: keepingCases(folder) },
        );
      expect(check).toThrow(/seed 7, path "\d+[\d:]*"\nnpx netsplit replay .*property-seed-7\.yaml/);
      const [file = ''] = readdirSync(folder);
      const read = readScenarioCase(readFileSync(join(folder, file), 'utf8'), file);
      expect(replayScenarioCase(read).every(({ isMet }) => isMet)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
