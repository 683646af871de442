// Known answers: a planted effect is concluded, its absence is said, too few seeds conclude nothing, curves cross where
// they were made to.
import { describe, expect, it } from 'vitest';
import { figuresCsv, reportCampaign } from '../../../reports/campaign/campaign-report.ts';
import { parseAxis } from '../../../reports/campaign/variants.ts';
import { campaignTable } from '../../../reports/campaign/campaign-table.ts';
import { campaignCharts } from '../../../reports/charts/campaign-charts.ts';
import { sweepChart } from '../../../reports/charts/sweep-chart.ts';
import { plantedCampaign } from '../../support/planted-campaign.ts';

const figure = ['within-1m'];

describe('a campaign', () => {
  it('concludes a planted effect, with its size, its interval and what pairing saved', () => {
    const { plan, results } = plantedCampaign({ seeds: 40, truth: { plain: () => 0.9, better: () => 0.92 } });
    const { conclusions, headlines } = reportCampaign(plan, results, figure);
    const [conclusion] = conclusions;
    expect(headlines[1]).toMatch(
      /^better, share delivered within a minute: median 9\d(\.\d)? %, from \d\d(\.\d)? % to \d\d(\.\d)? % over 40 seeds\.$/,
    );
    expect(conclusion?.verdict).toBe('right-larger');
    expect(conclusion?.words).toMatch(
      /^Share delivered within a minute, plain against better: [12](\.\d+)? points less\. 95 % interval −\d\.\d+ to −\d\.\d+ points; 40 seeds: more on \d+, less on \d+; effect size −\d\.\d\d; pairing: correlation 0\.\d\d, saves \d\d % of the variance\.$/,
    );
  });

  it('says that it cannot tell where there is no effect', () => {
    const verdicts = Array.from({ length: 40 }, (_, repetition) => {
      const truth = { plain: () => 0.9, other: () => 0.9 };
      const { plan, results } = plantedCampaign({ seeds: 20, truth, name: String(repetition) });
      return reportCampaign(plan, results, figure).conclusions[0]?.verdict;
    });
    const told = verdicts.filter((verdict) => verdict === 'not-distinguishable').length;
    // Of 40 repetitions two are wrong on average; more than six once in two hundred tries.
    expect(told).toBeGreaterThanOrEqual(34);
  });

  it('concludes nothing from fewer than twenty seeds', () => {
    const { plan, results } = plantedCampaign({ seeds: 19, truth: { plain: () => 0.5, better: () => 0.9 } });
    const report = reportCampaign(plan, results, figure);
    expect(report.conclusions[0]?.verdict).toBe('no-interval');
    expect(report.conclusions[0]?.words).toMatch(/19 seeds are too few for an interval/);
    expect(report.caveats.join(' ')).toMatch(/19 seeds: fewer than 20 bear no interval/);
    const table = campaignTable(report);
    expect(table).not.toMatch(/% to /);
    expect(table).toMatch(/mean of 19 seeds +50\.6 % +90\.7 %/);
    expect(table.match(/ {2}seed \d+ +\d+/g)).toHaveLength(19);
  });

  it('forms no mean of what lies beyond the horizon', () => {
    const { plan, results } = plantedCampaign({
      seeds: 20,
      truth: { plain: () => 0.5, never: () => 'beyond-horizon' },
    });
    const [conclusion] = reportCampaign(plan, results, figure).conclusions;
    expect(conclusion).toMatchObject({ verdict: 'beyond-horizon', paired: { larger: 0, smaller: 20 } });
    expect(conclusion?.words).toMatch(/beyond the horizon on 0 seeds of plain and 20 of never/);
  });

  it('finds where two curves cross, and says when they do not', () => {
    const axes = [parseAxis('share=0..1:6')];
    const truth = { falling: (at: number) => 0.95 - 0.2 * at, level: () => 0.88, low: () => 0.3 };
    const { plan, results } = plantedCampaign({ seeds: 30, truth, axes });
    const report = reportCampaign(plan, results, figure);
    const [crossover] = report.sweeps[0]?.crossovers ?? [];
    expect(report.sweeps[0]?.crossovers).toHaveLength(1);
    expect(crossover).toMatchObject({ left: 'falling', right: 'level', above: 'negative' });
    expect(crossover?.at).toBeCloseTo(0.35, 1);
    expect(crossover?.interval?.low).toBeLessThan(0.35);
    expect(crossover?.interval?.high).toBeGreaterThan(0.35);
    expect(report.crossovers.join('\n')).toMatch(
      /Above 0\.3\d+ \(share; 95 % interval 0\.\d+ to 0\.\d+; 30 seeds\) level delivers more within a minute than falling, below it is the other way round/,
    );
    const meanings = { share: { unit: 'of people', meaning: 'users on one homeserver' } };
    expect(reportCampaign({ ...plan, meanings }, results, figure).crossovers.join('\n')).toMatch(
      /Above 3\d\.?\d* % of people \(users on one homeserver, share; 95 % interval [\d.]+ % to [\d.]+ %; 30 seeds\) level/,
    );
    expect(report.crossovers.join('\n')).toMatch(/falling and low do not change places along share/);
    const drawn = sweepChart(report.sweeps[0]!, ['a note & more']);
    expect(drawn).toBe(sweepChart(report.sweeps[0]!, ['a note & more']));
    expect(drawn).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(drawn).toContain('a note &amp; more');
  });

  it('draws the range over seeds beside a curve where they bear no interval, and says which band it is', () => {
    const axes = [parseAxis('share=0..1:3')];
    const truth = { falling: (at: number) => 0.95 - 0.2 * at };
    const few = plantedCampaign({ seeds: 4, truth, axes });
    const [sweep] = reportCampaign(few.plan, few.results, figure).sweeps;
    const [curve] = sweep!.curves;
    for (const { least, most, estimate } of curve!.points) {
      if (estimate.kind !== 'values') throw new Error('four seeds bear an interval');
      expect(least).toBeLessThan(estimate.mean);
      expect(most).toBeGreaterThan(estimate.mean);
    }
    expect(sweepChart(sweep!, [])).toContain('Bands: least to most over the seeds');
    const many = plantedCampaign({ seeds: 30, truth, axes });
    const [wide] = reportCampaign(many.plan, many.results, figure).sweeps;
    expect(sweepChart(wide!, [])).toContain('Bands: 95 % interval of the mean over seeds');
  });

  it.each([
    [600_000, 'median delay (minutes)'],
    [600, 'median delay (milliseconds)'],
  ])('draws a delay of %i ms as %s', (mean, label) => {
    const estimate = { kind: 'values', seeds: 2, mean, why: 'few-seeds' } as const;
    const points = [1, 2].map((at) => ({ at, estimate, beyondHorizon: 0 }));
    const sweep = {
      ...{ axis: 'people.count', unit: '', held: '', figure: 'median', crossovers: [] },
      curves: [{ system: 'signal', points }],
    };
    expect(sweepChart(sweep, [])).toContain(label);
  });

  it('draws every seed, with the mean over them and what the picture must be quoted with', () => {
    const { plan, results } = plantedCampaign({
      seeds: 24,
      truth: { signal: () => 0.9, matrix: () => 0.6 },
    });
    const [chart, ...others] = campaignCharts('0.0.0', reportCampaign(plan, results, figure));
    expect(others).toEqual([]);
    expect(chart?.name).toBe('1-within-1m');
    expect(chart?.svg.match(/<circle /g)).toHaveLength(2 * 24 + 2);
    expect(chart?.svg).toMatch(/planted · 24 seeds · 24 of 24 runs/);
    expect(chart?.svg).toMatch(/Signal, fidelity B: follows published source/);
  });

  it('says with every sentence what the models rest on', () => {
    const { plan, results } = plantedCampaign({
      seeds: 24,
      truth: { signal: (at) => 0.9 - 0.2 * at, matrix: () => 0.85 },
      axes: [parseAxis('share=0..1:3')],
    });
    const { headlines, conclusions, crossovers } = reportCampaign(plan, results, figure);
    const sentences = [...headlines, ...conclusions.map(({ words }) => words), ...crossovers];
    expect(sentences.length).toBeGreaterThan(12);
    for (const sentence of sentences) {
      expect(sentence).toMatch(/(fidelity [AB])/);
      expect(sentence).toMatch(/seeds/);
      expect(sentence).toMatch(/(Signal: follows published source|Matrix: real rules and bytes).*assumed\.$/);
    }
    expect(figuresCsv(plan, results)).toMatch(
      /,A,real rules and bytes of the protocol; deployments assumed,/,
    );
  });

  it('of few seeds shows the values that there are, and nothing of runs that are missing', () => {
    const { plan, results } = plantedCampaign({
      seeds: 4,
      truth: { plain: () => 0.5, other: () => 0.5 },
      axes: [parseAxis('share=0,1')],
      shared: 0,
      own: 0,
    });
    const half = new Map([...results].slice(0, 5));
    const text = campaignTable(reportCampaign(plan, half, figure));
    expect(text).toMatch(/share=0\n.*\n {2}plain +50 %, 50 %, 50 %; mean of 3 seeds 50 %\n/);
    expect(text).toMatch(/share=1\n.*\n {2}plain +50 %, 50 %; mean of 2 seeds 50 %\n/);
    expect(text).toMatch(/alike on each of 3 seeds, which are too few for an interval/);
    expect(text).toMatch(/Not complete: 3 of 8 runs are missing/);
  });

  it('says in table and pictures what was changed in the scenario', () => {
    const changed = plantedCampaign({
      seeds: 24,
      truth: { signal: () => 0.9, matrix: () => 0.6 },
      overrides: ['people.count=40', 'faults=[]'],
    });
    const report = reportCampaign(changed.plan, changed.results, figure);
    const sentence = 'file: people.count=40; faults=[].';
    expect(campaignTable(report)).toContain(sentence);
    expect(campaignCharts('0.0.0', report)[0]?.svg).toContain(sentence);
    const asWritten = plantedCampaign({ seeds: 24, truth: { signal: () => 0.9, matrix: () => 0.6 } });
    expect(campaignTable(reportCampaign(asWritten.plan, asWritten.results, figure))).not.toContain('Changed');
  });

  it('compares each variant with the first value of its axis', () => {
    const axes = [parseAxis('share=0,1')];
    const { plan, results } = plantedCampaign({ seeds: 24, axes, truth: { plain: (at) => 0.9 - 0.1 * at } });
    const { conclusions } = reportCampaign(plan, results, figure);
    expect(conclusions.map(({ left, right, verdict }) => [left.variant, right.variant, verdict])).toEqual([
      [1, 0, 'right-larger'],
    ]);
  });

  it('goes into a spreadsheet with a line per run and system', () => {
    const axes = [parseAxis("note='a, b',plain")];
    const { plan, results } = plantedCampaign({
      seeds: 2,
      axes,
      truth: { one: () => 0.5, two: () => 'nothing' },
    });
    const lines = figuresCsv(plan, results).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 2 * 2 * 2);
    expect(lines[0]).toMatch(/^note,seed,system,within-1m,/);
    expect(lines[1]).toMatch(/^"'a, b'",1,one,0\.\d+,,/);
    expect(lines[2]).toMatch(/^"'a, b'",1,two,,/);
  });
});
