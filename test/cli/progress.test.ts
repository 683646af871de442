// Progress where standard error is no terminal: a line a minute, and none of work that is over sooner.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProgressLine } from '../../cli/progress.ts';

const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it.skipIf(process.stderr.isTTY)('tells how far each job is, once a minute', () => {
  const progress = new ProgressLine();
  progress.update({ label: 'signal run', share: 0.01 });
  vi.advanceTimersByTime(59_000);
  progress.update({ label: 'signal twin', share: 0.1 });
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1_000);
  progress.update({ label: 'signal run', share: 0.129 });
  progress.update({ label: 'signal run', share: 0.13 });
  expect(lines).toEqual(['signal run  12 %   signal twin  10 %\n']);
  vi.advanceTimersByTime(60_000);
  progress.update({ label: 'signal twin', share: 1 });
  progress.end();
  expect(lines.slice(1)).toEqual(['signal run  13 %   signal twin 100 %\n']);
});
