// Known answers: the assumption that was made to decide is found, so is where it turns the answer round; plausible worlds
// with a planted leader have one, and worlds without one are undecided.
import { describe, expect, it } from 'vitest';
import { figuresById, type FigureValue } from '../../../reports/campaign/figures.ts';
import type { CampaignPlan } from '../../../reports/campaign/campaign-plan.ts';
import type { CellResult } from '../../../reports/campaign/cell.ts';
import { tornadoChart } from '../../../reports/charts/tornado-chart.ts';
import {
  assumptionRanges,
  overrideOf,
  type RangedAssumption,
} from '../../../reports/sensitivity/assumption-ranges.ts';
import { drawnValue, planWorlds, type WorldsPlan } from '../../../reports/sensitivity/drawn-worlds.ts';
import {
  planTrials,
  bothEnds,
  type Trial,
  type TrialPlan,
} from '../../../reports/sensitivity/one-at-a-time.ts';
import { findReversals } from '../../../reports/sensitivity/reversal.ts';
import { conclusions } from '../../../reports/sensitivity/sensitivity-report.ts';
import { rankAssumptions } from '../../../reports/sensitivity/tornado.ts';
import { rangesInWords, twoRanges } from '../../../reports/sensitivity/two-ranges.ts';
import { plantedCampaign } from '../../support/planted-campaign.ts';

const figure = figuresById.get('within-1m')!;

function assumption(
  path: string,
  value: number,
  low: number,
  high: number,
  system?: string,
): RangedAssumption {
  return { path, value, low, high, whole: false, system, meaning: '', unit: '' };
}

const scenario = {
  text: `
netsplit: 1
name: few-people
title: A few people
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 20m, horizon: 40m, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 4, peoplePerRoom: 4 }
systems: { signal: , matrix: }
faults: []
`,
  file: 'few-people.yaml',
};

describe('the ranking of assumptions', () => {
  const strong = assumption('strong', 0.5, 0, 1);
  const weak = assumption('weak', 0.5, 0, 1);
  /** `steady` stays, `swaying` gains with the strong assumption and overtakes at 0.7. */
  const planted = (
    trials: readonly Trial[],
  ): { plan: TrialPlan; results: ReadonlyMap<string, CellResult> } => {
    const effect = (at: number): number => {
      const trial = trials[at - 1];
      if (trial === undefined) return 0;
      return (trial.value - 0.5) * (trial.assumption.path === 'strong' ? 0.5 : 0.02);
    };
    const numbers = [0, ...trials.map((_, index) => index + 1)];
    const { plan, results } = plantedCampaign({
      seeds: 20,
      axes: [{ path: 'trial', values: numbers.map(String), numbers, unit: '' }],
      truth: { steady: () => 0.8, swaying: (at) => 0.7 + effect(at) },
      own: 0.001,
    });
    return { plan: { ...plan, trials: [undefined, ...trials], refused: [] }, results };
  };

  it('puts first what was made to decide, and finds where it turns the answer round', async () => {
    const { plan, results } = planted([weak, strong].flatMap(bothEnds));
    const ranked = rankAssumptions(plan, results, figure);
    expect(ranked.map((each) => [each.assumption.path, each.reverses])).toEqual([
      ['strong', true],
      ['weak', false],
    ]);
    expect(ranked[0]?.size).toBeCloseTo(0.5, 1);
    const reversals = await findReversals(ranked, figure, (trials) => Promise.resolve(planted(trials)));
    expect(reversals).toHaveLength(1);
    expect(reversals[0]?.at).toBeGreaterThan(0.69);
    expect(reversals[0]?.at).toBeLessThan(0.73);
    const words = conclusions({ plan, figure, ranked, reversals, fixed: [] }).join('\n');
    expect(words).toMatch(/strong moves the difference between systems most: by 50(\.\d)? points/);
    expect(words).toMatch(
      /turns steady against swaying round: strong from 0\.5 to 0\.7\d*, which is 2\d % of its/,
    );
    expect(tornadoChart(ranked, 'steady - swaying', figure, [])).toMatch(/^<svg/);
  });

  it('tries a parameter of one system on that system alone', () => {
    const trials = [
      assumption('systems.matrix.servers', 100, 5, 500, 'matrix'),
      assumption('people.roomSize', 4, 2, 8),
    ];
    const plan = planTrials({ scenario, name: 'x', seeds: [1], trials: trials.flatMap(bothEnds) });
    expect(plan.cells.map(({ systems }) => systems.join())).toEqual([
      'signal,matrix',
      'matrix',
      'matrix',
      'signal,matrix',
      'signal,matrix',
    ]);
    expect(new Set(plan.cells.map(({ key }) => key)).size).toBe(5);
  });
});

describe('plausible worlds', () => {
  const { ranged, fixed } = assumptionRanges(scenario, ['signal', 'matrix']);

  it('vary what has a range and can be set, and say why the rest stays', () => {
    const paths = ranged.map(({ path }) => path);
    expect(paths).toContain('people.sessionsPerDay');
    expect(paths).toContain('systems.matrix.servers');
    expect(fixed.find(({ path }) => path === 'network.path.routeFactor')?.why).toMatch(
      /no scenario can set it/,
    );
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('are drawn within the ranges, the same for a seed whatever other seeds there are', () => {
    const few = planWorlds(scenario, 'x', [3], undefined);
    const many = planWorlds(scenario, 'x', [1, 2, 3], undefined);
    expect(few.worlds.get(3)).toEqual(many.worlds.get(3));
    expect(few.cells.map(({ key }) => key)).toEqual(many.cells.slice(-2).map(({ key }) => key));
    for (const values of many.worlds.values())
      values.forEach((value, index) => {
        expect(value).toBeGreaterThanOrEqual(ranged[index]!.low);
        expect(value).toBeLessThanOrEqual(ranged[index]!.high);
      });
  });

  it('reach both ends of whole numbers, and every order of magnitude of wide ranges', () => {
    const coin = { ...assumption('coin', 0, 0, 1), whole: true };
    const coins = Array.from({ length: 200 }, (_, seed) => drawnValue(coin, seed, 0));
    expect(coins.filter((value) => value === 1).length).toBeGreaterThan(70);
    expect(coins.filter((value) => value === 0).length).toBeGreaterThan(70);
    const wide = Array.from({ length: 200 }, (_, seed) =>
      drawnValue(assumption('wide', 1, 0.01, 100), seed, 0),
    );
    expect(wide.filter((value) => value < 1).length).toBeGreaterThan(70);
    expect(overrideOf({ ...assumption('share', 0, 0, 1), whole: true }, 0.7)).toBe('share=1');
  });

  it('have the leader that was planted in them, or none', () => {
    const worlds = (truth: Readonly<Record<string, (at: number) => FigureValue>>) => {
      const axes = [{ path: 'x', values: ['0', '1'], numbers: [0, 1], unit: '' }];
      const { plan, results } = plantedCampaign({ seeds: 40, axes, truth, own: 0.02 });
      return twoRanges(asWorlds(plan), results, figure)[0]!;
    };
    const led = worlds({ ahead: () => 0.9, behind: () => 0.7 });
    expect(led).toMatchObject({ verdict: 'left-leads', leads: { left: 1, right: 0 } });
    // As written one is ahead on every seed; in the drawn worlds neither is.
    const open = worlds({ one: (at) => (at === 0 ? 0.9 : 0.8), other: () => 0.8 });
    expect(open.chance.low).toBeGreaterThan(0);
    expect(open.verdict).toBe('undecided');
    expect(rangesInWords(open, figure).join('\n')).toMatch(/undecided: what is assumed decides who leads/);
  });
});

function asWorlds(plan: CampaignPlan): WorldsPlan {
  return { ...plan, assumptions: { ranged: [], fixed: [] }, worlds: new Map(), withoutWorld: [] };
}
