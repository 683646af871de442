// The library as a list to choose from: what each scenario is about, whom it is about, what breaks when.
import { outlineScenario } from '../../../scenarios/compile.ts';
import { libraryNames, loadFromLibrary } from '../../../scenarios/load.ts';
import { scenarioValues } from '../../../scenarios/settable-values.ts';
import { systems as registry } from '../../../sim/systems/registry.ts';
import type { ScenarioSummary, SettableValue } from '../wire.ts';

const microsecondsPerSecond = 1_000_000;

/** Every scenario of the library, in the order of names. */
export function librarySummaries(): readonly ScenarioSummary[] {
  return libraryNames().map(summaryOf);
}

function summaryOf(name: string): ScenarioSummary {
  const { document, epochWallMs, windows, faults } = outlineScenario(loadFromLibrary(name));
  const inSeconds = (instant: number): number => instant / microsecondsPerSecond;
  return {
    name,
    title: document.title,
    depicts: document.depicts,
    description: document.description.trim(),
    sources: document.sources.map(({ title, url }) => ({ title, url })),
    people: document.people.count,
    cities: document.people.cities.map((city) => city.name),
    systems: Object.keys(document.systems).map((id) => ({ id, title: registry.get(id)?.title ?? id })),
    epoch: new Date(epochWallMs).toISOString(),
    windows: {
      sendingStart: inSeconds(windows.sendingStart),
      sendingEnd: inSeconds(windows.sendingEnd),
      horizon: inSeconds(windows.horizon),
    },
    faults: faults.map(({ id, title, kind, start, end }) => ({
      id,
      title,
      kind,
      start: inSeconds(start),
      end: inSeconds(end),
    })),
  };
}

/**
 * What `--set` takes for one of them.
 * @throws ScenarioError when there is no such scenario
 */
export function settableValues(name: string): readonly SettableValue[] {
  return scenarioValues(loadFromLibrary(name))
    .filter(({ settable }) => settable)
    .map(({ path, value, unit, meaning, range }) => ({
      path,
      value: String(value),
      unit,
      meaning,
      ...(range === undefined ? {} : { range }),
    }));
}
