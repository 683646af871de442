// What a search tells at its end: what it found, what held, and which situations it was and was not in.
import { algorithmName, specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { present } from '../../protocol/assert.ts';
import { resolutionInvariants } from '../../scenarios/search/resolution/invariants.ts';
import { reachOf, roomsForReach, type Sometimes } from '../../scenarios/search/resolution/reach.ts';
import { durationInWords } from '../figures-in-words.ts';
import type { SearchState } from './search-state.ts';

/** What came out, for programs. */
export interface SearchReport {
  readonly roomVersion: string;
  readonly seed: number;
  readonly rooms: number;
  readonly seconds: number;
  readonly resolutions: number;
  readonly large: number;
  readonly found: SearchState['found'];
  readonly held: readonly string[];
  readonly sometimes: readonly Sometimes[];
  /** Situations that should have been met by now and were not. */
  readonly unreached: readonly string[];
}

/** The report of a search. */
export function searchReport(state: SearchState): SearchReport {
  const { roomVersion, seed, rooms, seconds, resolutions, large, found } = state;
  const rules = present(specifiedRoomVersions.get(roomVersion), 'a room version');
  const sometimes = reachOf(rules, Object.entries(state.situations));
  const broken = new Set(Object.keys(found).map((name) => name.split(' ')[0]));
  return {
    roomVersion,
    seed,
    rooms,
    seconds,
    resolutions,
    large,
    found,
    held: resolutionInvariants.map(({ id }) => id).filter((id) => !broken.has(id)),
    sometimes,
    unreached: sometimes.filter(({ times }) => times === 0).map(({ name }) => name),
  };
}

/** Whether the search has been long enough that a situation never met is a failure. */
export function reachCounts({ rooms }: SearchReport): boolean {
  return rooms >= roomsForReach;
}

/** The report for people. */
export function searchInWords(report: SearchReport, folder: string): string {
  const { roomVersion, rooms, seconds, resolutions, large, found, held, sometimes, unreached } = report;
  const rules = present(specifiedRoomVersions.get(roomVersion), 'a room version');
  const lines = [
    `room version ${roomVersion}, state resolution ${algorithmName(rules)}: ${rooms} rooms, ` +
      `${resolutions} resolutions in ${durationInWords(seconds)}`,
    `of these ${large} with three or more states, twenty or more conflicted events and missing history`,
    '',
    Object.keys(found).length === 0 ? 'violated: nothing' : 'violated:',
  ];
  for (const [name, { times, events, room, seconds: after, file, words }] of Object.entries(found))
    lines.push(
      `  ${name}: ${times} times, first in room ${room} after ${durationInWords(after)}`,
      `    ${words}`,
      `    ${events} events: ${folder}/${file}`,
    );
  lines.push('', `held: ${held.join(', ')}`, '');
  lines.push(
    `met: ${sometimes.length - unreached.length} of ${sometimes.length} situations that should be met`,
  );
  for (const name of unreached) lines.push(`  never met: ${name}`);
  return `${lines.join('\n')}\n`;
}
