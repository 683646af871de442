// `netsplit resolve --against`: a room held against what a server has stored of its state.
import pc from 'picocolors';
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { indexStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import type { SliceToJudge } from '../../protocol/matrix/slice/judge-slice.ts';
import { KnownState } from '../../protocol/matrix/slice/known-state.ts';
import {
  compareWithStored,
  type StoredStateReport,
} from '../../protocol/matrix/stored-state/compare-with-stored.ts';
import type { Departure, DepartureClass } from '../../protocol/matrix/stored-state/departure.ts';
import type { PlacedReset } from '../../protocol/matrix/stored-state/slice-states.ts';
import type { StoredState } from '../../protocol/matrix/stored-state/stored-state.ts';
import type { StatesOfSlice } from '../../scenarios/given-states.ts';
import type { RoomFile } from '../../scenarios/room-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { sliceToJudge } from './slice-document.ts';

/** A place in the room where a state is; `event_id` is null for the end. */
interface PlaceDocument {
  readonly event_id: string | null;
  readonly where: StoredState['where'];
}

interface ResetDocument {
  readonly class: 'state-reset';
  /** The event whose predecessors were merged; null for the end. */
  readonly event_id: string | null;
  readonly type: string;
  readonly state_key: string;
  /** What the key went back to; null: to nothing. */
  readonly resolved: string | null;
  readonly lost: readonly string[];
}

/** What `--against` prints with `--json`. */
export interface AgainstDocument {
  readonly roomVersion: string;
  readonly algorithm: string;
  readonly departs: boolean;
  readonly stored: {
    readonly states: number;
    readonly compared: number;
    readonly undecided: number;
    readonly not_in_room: readonly string[];
  };
  readonly departure:
    | (PlaceDocument & {
        readonly class: DepartureClass;
        readonly detail: string;
        /** By type and state key; the first is the one to name. */
        readonly keys: readonly {
          readonly type: string;
          readonly state_key: string;
          readonly computed: string | null;
          readonly stored: string | null;
        }[];
        readonly reproduced_by: readonly string[];
        readonly missing: readonly string[];
        readonly state_resets: readonly ResetDocument[];
      })
    | null;
  /** The first stored state of which something could not be told. */
  readonly first_undecided: (PlaceDocument & { readonly rule: string; readonly reason: string }) | null;
  /** All resets of the room's own algorithm, each loss where it first happens. */
  readonly state_resets: readonly ResetDocument[];
}

/**
 * Holds the room against the stored states.
 * @throws UsageError where the comparison cannot be made
 */
export function heldAgainst(
  room: RoomFile,
  file: string,
  states: StatesOfSlice | undefined,
  stored: readonly StoredState[],
): AgainstDocument {
  const slice =
    room.stateSets === undefined ? sliceToJudge(room, states) : sliceOfStateSets(room, room.stateSets, file);
  const report = compareWithStored(slice, stored);
  if (!report.ok) throw new UsageError(`${file}: ${report.detail}`);
  const { compared, undecided, unplaced, departure, resets } = report.value;
  if (unplaced.length === stored.length && stored.length > 0)
    throw new UsageError(
      `--against: none of the events with a stored state is in ${file}, such as ${unplaced[0] ?? ''}`,
    );
  return {
    roomVersion: room.rules.id,
    algorithm: algorithmName(room.rules),
    departs: departure !== undefined,
    stored: { states: stored.length, compared, undecided: undecided.length, not_in_room: unplaced },
    departure: departure === undefined ? null : departureDocument(departure),
    first_undecided: undecidedDocument(report.value),
    state_resets: resets.map(resetDocument),
  };
}

/** States to resolve as the end of a room of which only the auth chains are there. */
function sliceOfStateSets(
  { rules, roomId, events }: RoomFile,
  stateSets: NonNullable<RoomFile['stateSets']>,
  file: string,
): SliceToJudge {
  const indexed = indexStateSets({ rules, events, stateSets });
  if (!indexed.ok) throw new UsageError(`${file}: state_sets: ${indexed.detail}`);
  const after = new Map(
    indexed.value.states.map((state, index) => [
      `state set ${index + 1}` as EventId,
      KnownState.complete(state),
    ]),
  );
  const given = { before: new Map<EventId, KnownState>(), after };
  return { rules, roomId, events: [], outliers: events, areSketches: true, given, ends: [...after.keys()] };
}

/** 1 when the stored state departs. */
export function exitCodeOf({ departs }: AgainstDocument): number {
  return departs ? exitCode.checkFailed : exitCode.good;
}

function departureDocument(departure: Departure): AgainstDocument['departure'] {
  const { at, keys, class: kind, detail, reproducedBy, gaps, resets } = departure;
  return {
    event_id: at.eventId ?? null,
    where: at.where,
    class: kind,
    detail,
    keys: keys.map(({ key, computed, stored }) => ({
      ...placeOfKey(key),
      computed: computed ?? null,
      stored: stored ?? null,
    })),
    reproduced_by: reproducedBy,
    missing: gaps,
    state_resets: resets.map(resetDocument),
  };
}

function undecidedDocument({ undecided: [first] }: StoredStateReport): AgainstDocument['first_undecided'] {
  if (first === undefined) return null;
  const { at, why } = first;
  return { event_id: at.eventId ?? null, where: at.where, rule: why.rule, reason: why.detail };
}

function resetDocument({ eventId, key, resolved, lost }: PlacedReset): ResetDocument {
  return {
    class: 'state-reset',
    event_id: eventId ?? null,
    ...placeOfKey(key),
    resolved: resolved ?? null,
    lost,
  };
}

function placeOfKey(key: string): { readonly type: string; readonly state_key: string } {
  const [type, stateKey] = splitStateMapKey(key);
  return { type, state_key: stateKey };
}

const colours: Readonly<Record<DepartureClass, (text: string) => string>> = {
  'state-reset': pc.magenta,
  algorithm: pc.yellow,
  gap: pc.yellow,
  none: pc.red,
};

/** The comparison as text. */
export function againstInWords(document: AgainstDocument): string {
  const { roomVersion, algorithm, stored, departure, first_undecided: open, state_resets: resets } = document;
  const lines = [`room version ${roomVersion}, state resolution ${algorithm}`];
  lines.push(`${stored.compared} of ${stored.states} stored states compared in full`);
  if (stored.not_in_room.length > 0)
    lines.push(`${stored.not_in_room.length} of them belong to events that the room does not hold`);
  if (open !== null)
    lines.push(`${pc.yellow('unknown')} in ${stored.undecided}, first ${placeInWords(open)}: ${open.reason}`);
  if (departure === null) lines.push(pc.green('nothing that is known departs'));
  else {
    const { class: kind, detail, keys, reproduced_by: by } = departure;
    lines.push(`departs first ${placeInWords(departure)}: ${colours[kind](kind)}, ${detail}`);
    for (const { type, state_key: key, computed, stored: found } of keys)
      lines.push(
        `  ${type} ${JSON.stringify(key)}`,
        `    should be ${nameOf(computed)}`,
        `    stored is ${nameOf(found)}`,
      );
    if (by.length > 0) lines.push(`  the stored state is that of ${by.join('; ')}`);
    lines.push(...departure.state_resets.map((reset) => `  ${resetInWords(reset)}`));
  }
  if (resets.length > 0)
    lines.push(
      `state resets in the room: ${resets.length}`,
      ...resets.map((each) => `  ${resetInWords(each)}`),
    );
  return `${lines.join('\n')}\n`;
}

function placeInWords({ event_id: id, where }: PlaceDocument): string {
  return id === null ? 'at the end of the room' : `${where} ${id}`;
}

function resetInWords({ event_id: id, type, state_key: key, resolved, lost }: ResetDocument): string {
  const where = id === null ? 'at the end' : `before ${id}`;
  return `${pc.magenta('state reset')} ${where}: ${type} ${JSON.stringify(key)} goes from ${lost.join(', ')} back to ${nameOf(resolved)}, and nothing revoked it`;
}

function nameOf(id: string | EventId | null): string {
  return id ?? pc.dim('no event');
}
