// Other implementations as subjects: a good one passes, broken ones of several kinds are found, and what they disagree on
// is small.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { followingText, specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { caseOfDisagreement, compareSubject } from '../../reports/search/subject/compare-subject.ts';
import { replayCase } from '../../reports/search/replay-case.ts';
import { caseText, readCase } from '../../scenarios/cases/case-file.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { oneScript, type OneScript } from '../support/one-script.ts';

const compare = (
  args: readonly string[],
  problems: number,
  times: { timeoutMs: number; startMs?: number } = { timeoutMs: 20_000 },
  rules = present(specifiedRoomVersions.get('12'), 'version 12'),
) =>
  compareSubject({
    command: process.execPath,
    args,
    rules,
    seed: 1,
    problems,
    ...times,
    signal: new AbortController().signal,
  });
let resolver: OneScript;
beforeAll(async () => {
  resolver = await oneScript(packageFile('test', 'support', 'resolver-subject.ts'));
});
afterAll(() => resolver.remove());
const subject = (fault: string): readonly string[] => [resolver.file, fault];

const rude = packageFile('test', 'support', 'rude-subject.mjs');

describe('a subject', () => {
  it('that resolves as the specification says disagrees nowhere', async () => {
    expect(await compare(subject('good'), 150)).toEqual({ problems: 150, found: undefined, stopped: false });
  });

  it.each([
    ['older algorithm', 'another state'],
    ['sees two states', 'another state'],
    ['misses the last event', 'another state'],
    ['begins with what is agreed', 'another state'],
    ['power events by time alone', 'another state'],
  ])('that is broken is found: %s', async (fault, kind) => {
    const { found } = await compare(subject(fault), 2_000);
    const { disagreement, problem } = present(found, 'a disagreement');
    expect(disagreement.kind).toBe(kind);
    expect(problem.events.length).toBeLessThan(15);
    const read = readCase(caseText(caseOfDisagreement(present(found, 'one'), 'this test')), 'a.yaml');
    expect(replayCase(read)).toMatchObject([{ isMet: true, words: [] }]);
  });

  it('that does as deployed servers do disagrees with the text, and the case says that it is about the text', async () => {
    const text = followingText(present(specifiedRoomVersions.get('12'), 'version 12'));
    const { found } = await compare(subject('good'), 500, { timeoutMs: 20_000 }, text);
    const written = caseText(caseOfDisagreement(present(found, 'a disagreement'), 'this test'));
    const whole = readCase(written, 'a.yaml');
    expect(whole.document.resolution.follow).toBe('text');
    expect(replayCase(whole)).toMatchObject([{ isMet: true }]);
    const asDeployed = readCase(written.replace(/^ +follow: text\n/m, ''), 'a.yaml');
    expect(replayCase(asDeployed)).toMatchObject([{ isMet: false }]);
  });

  it.each([
    ['crashes', 'crash'],
    ['{"id": 1}', 'no answer'],
    ['no JSON', 'no answer'],
  ])('that does not answer is found: %s', async (how, kind) => {
    const { found } = await compare([rude, how], 1);
    expect(found?.disagreement.kind).toBe(kind);
    expect(present(found, 'a disagreement').problem.events.length).toBeLessThan(5);
  });

  it('that answers most of the time is found', async () => {
    const { found } = await compare(subject('crashes on three states'), 2_000);
    const { disagreement, problem } = present(found, 'a finding');
    expect(disagreement.kind).toBe('crash');
    expect(problem.events.length).toBeLessThan(15);
  });

  it('that hangs is stopped, and what it hangs on is kept', async () => {
    const { found } = await compare([rude, 'hangs'], 1, { timeoutMs: 200, startMs: 200 });
    expect(found?.disagreement).toEqual({ kind: 'hang', words: 'no answer within 0.4 s' });
  });

  it('made from the template is wrong soon', async () => {
    const { found } = await compare([packageFile('examples', 'resolver-template.mjs')], 500);
    expect(found?.disagreement.kind).toBe('another state');
  });

  it('that cannot be run is told as such', async () => {
    const report = await compareSubject({
      command: 'no-such-command',
      args: [],
      rules: present(specifiedRoomVersions.get('12'), 'version 12'),
      seed: 1,
      problems: 1,
      timeoutMs: 1_000,
      signal: new AbortController().signal,
    });
    expect(report.found?.disagreement.words).toMatch(/no-such-command cannot be run/);
  });
});
