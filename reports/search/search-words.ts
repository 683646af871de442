// What a search tells at its end: what it found, what held, and which situations it was and was not in.
import { algorithmName, specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { present } from '../../protocol/assert.ts';
import { resolutionInvariants } from '../../scenarios/search/resolution/invariants.ts';
import { reachOf, roomsForReach, type Sometimes } from '../../scenarios/search/resolution/reach.ts';
import { runsForReach, shouldBeMet } from '../../scenarios/search/systems/situations.ts';
import { invariantsOf, systemInvariant } from '../../scenarios/search/systems/system-invariants.ts';
import { systems } from '../../sim/systems/registry.ts';
import { durationInWords } from '../figures-in-words.ts';
import type { SearchState } from './search-state.ts';
import { resolutionTarget } from './search-target.ts';

/** What came out, for programs. */
export interface SearchReport {
  readonly target: string;
  readonly roomVersion: string;
  readonly seed: number;
  /** Rooms, or runs of a system. */
  readonly rooms: number;
  readonly seconds: number;
  readonly resolutions: number;
  readonly large: number;
  readonly messages: number;
  readonly events: number;
  readonly found: SearchState['found'];
  readonly held: readonly string[];
  readonly sometimes: readonly Sometimes[];
  /** Situations that should have been met by now and were not. */
  readonly unreached: readonly string[];
}

/** The report of a search. */
export function searchReport(state: SearchState): SearchReport {
  const { target, roomVersion, seed, rooms, seconds, resolutions, large, messages, events, found } = state;
  const sometimes = sometimesOf(state);
  const broken = new Set(Object.keys(found).map((name) => name.split(' ')[0]));
  const invariants =
    target === resolutionTarget
      ? resolutionInvariants
      : invariantsOf(present(systems.get(target), `system ${target}`));
  return {
    target,
    roomVersion,
    seed,
    rooms,
    seconds,
    resolutions,
    large,
    messages,
    events,
    found,
    held: invariants.map(({ id }) => id).filter((id) => !broken.has(id)),
    sometimes,
    unreached: sometimes.filter(({ times }) => times === 0).map(({ name }) => name),
  };
}

function sometimesOf({ target, roomVersion, situations }: SearchState): readonly Sometimes[] {
  const met = Object.entries(situations);
  if (target === resolutionTarget)
    return reachOf(present(specifiedRoomVersions.get(roomVersion), 'a room version'), met);
  return shouldBeMet(present(systems.get(target), `system ${target}`)).map((name) => ({
    name: name.trim(),
    times: met.reduce((sum, [situation, times]) => (situation.startsWith(name) ? sum + times : sum), 0),
  }));
}

/** Whether the search has been long enough that a situation never met is a failure. */
export function reachCounts({ rooms, target }: SearchReport): boolean {
  return rooms >= (target === resolutionTarget ? roomsForReach : runsForReach);
}

/** The report for people. */
export function searchInWords(report: SearchReport, folder: string): string {
  const { target, found, held, sometimes, unreached } = report;
  const isOfSystem = target !== resolutionTarget;
  const lines = [...headOf(report), '', Object.keys(found).length === 0 ? 'violated: nothing' : 'violated:'];
  for (const [name, { times, events, room, seconds: after, file, words }] of Object.entries(found)) {
    const nature = isOfSystem ? systemInvariant(name.split(' ')[0] ?? '')?.nature : undefined;
    lines.push(
      `  ${name}${nature === undefined ? '' : ` (${nature})`}: ${times} times, first in ${isOfSystem ? 'run' : 'room'} ${room} after ${durationInWords(after)}`,
      `    ${words}`,
      `    ${events} ${isOfSystem ? 'entries (messages, meetings, faults, …)' : 'events'}: ${folder}/${file}`,
    );
  }
  lines.push('', `held: ${held.join(', ')}`, '');
  lines.push(
    `met: ${sometimes.length - unreached.length} of ${sometimes.length} situations that should be met`,
  );
  for (const name of unreached) lines.push(`  never met: ${name}`);
  return `${lines.join('\n')}\n`;
}

function headOf(report: SearchReport): readonly string[] {
  const { target, roomVersion, rooms, seconds, resolutions, large, messages, events } = report;
  if (target !== resolutionTarget) {
    const { title } = present(systems.get(target), `system ${target}`);
    return [`${title}: ${rooms} runs, ${messages} messages, ${events} events in ${durationInWords(seconds)}`];
  }
  const rules = present(specifiedRoomVersions.get(roomVersion), 'a room version');
  return [
    `room version ${roomVersion}, state resolution ${algorithmName(rules)}: ${rooms} rooms, ` +
      `${resolutions} resolutions in ${durationInWords(seconds)}`,
    `of these ${large} with three or more states, twenty or more conflicted events and missing history`,
  ];
}
