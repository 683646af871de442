// Checks and expectations as JUnit XML, which every continuous integration reads.
import type { CampaignReport } from '../campaign/campaign-report.ts';
import type { RunRecord } from '../record.ts';
import type { CampaignEvidence } from './campaign-evidence.ts';
import { xmlText } from '../room-drawing/xml-text.ts';

/** One thing that is checked. */
export interface TestCase {
  readonly name: string;
  readonly group: string;
  /** Undefined: it holds. */
  readonly failure?: string;
  /** Why it says nothing about this run. */
  readonly skipped?: string;
}

/** One case per expectation and check of a run. */
export function runJunit(record: RunRecord): string {
  const expectations = record.expectations.map((each): TestCase => {
    const name = `${each.id}: ${each.statement}`;
    const group = `expectations.${each.system}`;
    if (each.holds === null) return { name, group, skipped: each.note ?? 'does not apply' };
    const measured = each.measured === null ? (each.note ?? 'nothing') : String(each.measured);
    return each.holds
      ? { name, group }
      : { name, group, failure: `measured ${measured}, expected ${each.expected}` };
  });
  const checks = record.checks.map(({ id, statement, holds }): TestCase =>
    holds ? { name: id, group: 'checks' } : { name: id, group: 'checks', failure: statement },
  );
  return junitSuite(
    `${record.scenario}, seed ${record.seed}`,
    [...expectations, ...checks],
    record.reproduce,
  );
}

/** One case per check and expectation over all runs, and one that says whether any run is missing. */
export function campaignJunit(
  report: CampaignReport,
  judged: CampaignEvidence['judged'],
  name: string,
): string {
  const { finished, planned } = report.runs;
  const complete: TestCase =
    finished === planned
      ? { name: 'complete', group: 'campaign' }
      : {
          name: 'complete',
          group: 'campaign',
          failure: `${planned - finished} of ${planned} runs are missing`,
        };
  const cases = judged.map(({ id, statement, held, failed }): TestCase => {
    const test = { name: `${id}: ${statement}`, group: 'runs' };
    if (failed > 0) return { ...test, failure: `did not hold in ${failed} of ${finished} runs` };
    return held > 0 ? test : { ...test, skipped: 'applies to no run' };
  });
  return junitSuite(name, [complete, ...cases], report.caveats.join('\n'));
}

/** A document of one suite. */
export function junitSuite(name: string, cases: readonly TestCase[], output: string): string {
  const count = (select: (test: TestCase) => unknown): number =>
    cases.filter((test) => select(test) !== undefined).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites><testsuite name="${xmlText(name)}" tests="${cases.length}" failures="${count(({ failure }) => failure)}" skipped="${count(({ skipped }) => skipped)}">`,
    ...cases.map(caseOf),
    ...(output === '' ? [] : [`<system-out>${xmlText(output)}</system-out>`]),
    '</testsuite></testsuites>',
    '',
  ].join('\n');
}

function caseOf({ name, group, failure, skipped }: TestCase): string {
  const head = `<testcase classname="netsplit.${xmlText(group)}" name="${xmlText(name)}"`;
  if (failure !== undefined) return `${head}><failure message="${xmlText(failure)}"/></testcase>`;
  return skipped === undefined ? `${head}/>` : `${head}><skipped message="${xmlText(skipped)}"/></testcase>`;
}
