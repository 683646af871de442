// `netsplit resolve`: the verdict on every event of a Matrix room, and the state where it ends.
import { readFileSync, statSync } from 'node:fs';
import pc from 'picocolors';
import { judgeEvents } from '../../protocol/matrix/judge-room.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import { indexStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import { readRoomFile, type RoomFile } from '../../scenarios/room-file.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { exitCode, UsageError } from '../exit.ts';
import {
  explainRoom,
  explainStates,
  explanationDocument,
  explanationText,
  type ToldResolution,
} from '../resolve/explanation.ts';
import { roomVersionsFor, type RoomVersionOptions } from '../resolve/room-module.ts';

/** Options as the command line gives them. */
export interface ResolveOptions extends RoomVersionOptions {
  readonly roomVersion?: string;
  readonly json?: boolean;
  readonly explain?: boolean;
}

/** Judges a room, or resolves the state sets that its file names; returns the exit code. */
export async function resolve(file: string, options: ResolveOptions): Promise<number> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${file}: there is no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: expected a room file, found a folder`);
  const versions = await roomVersionsFor(options);
  const room = readRoomFile(readFileSync(file), file, { roomVersion: options.roomVersion, versions });
  const { document, told } =
    room.stateSets === undefined ? judged(room, file) : resolved(room, room.stateSets, file);
  const explanation = options.explain === true ? told() : undefined;
  if (options.json === true) {
    const more = explanation === undefined ? {} : { explanation: explanationDocument(explanation) };
    process.stdout.write(`${JSON.stringify({ ...document, ...more })}\n`);
  } else {
    process.stdout.write(inWords(document));
    if (explanation !== undefined) process.stdout.write(`\n${explanationText(explanation)}`);
  }
  return exitCode.good;
}

interface ResolveDocument {
  readonly roomVersion: string;
  readonly algorithm: string;
  readonly resolved_state: readonly (readonly [string, string, string])[];
  readonly resolved_state_sha256: string;
  readonly events?: readonly {
    readonly event_id: string;
    readonly accepted: boolean;
    readonly soft_failed?: true;
    readonly stage?: string;
    readonly rule?: string;
    readonly reason?: string;
  }[];
  readonly forward_extremities?: readonly string[];
  readonly [more: string]: unknown;
}

interface Resolved {
  readonly document: ResolveDocument;
  /** Resolves once more and says why; only asked for where somebody wants to know. */
  readonly told: () => ToldResolution;
}

function judged(read: RoomFile, file: string): Resolved {
  const { rules, keys, missing } = read;
  const [first] = missing;
  if (first !== undefined) {
    const message = `${first.citedBy} cites ${first.eventId}, which the file does not hold`;
    throw new ScenarioError(file, [{ path: '', position: first.position, message }]);
  }
  const outcome = judgeEvents(read);
  if (!outcome.ok) throw new UsageError(`${file}: ${outcome.detail}`);
  const { events: judgements, forwardExtremities, resolvedState, observer, room } = outcome.value;
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    signatures: keys === undefined ? 'unchecked' : 'checked',
    events: judgements.map(
      ({ event, accepted, softFailed, stage, rule, reason, stateBefore, stateAfter }) => ({
        event_id: event.eventId,
        accepted,
        ...(softFailed ? { soft_failed: true as const } : {}),
        ...(stage === undefined ? {} : { stage }),
        ...(rule === undefined ? {} : { rule }),
        ...(reason === undefined ? {} : { reason }),
        state_before_sha256: stateBefore.sha256(),
        state_after_sha256: stateAfter.sha256(),
      }),
    ),
    forward_extremities: forwardExtremities,
    resolved_state: resolvedState.sorted(),
    resolved_state_sha256: resolvedState.sha256(),
    observer: {
      forward_extremities: observer.forwardExtremities,
      resolved_state_sha256: observer.resolvedState.sha256(),
    },
  };
  return { document, told: () => explainRoom(room, forwardExtremities) };
}

function resolved(
  { rules, events }: RoomFile,
  stateSets: NonNullable<RoomFile['stateSets']>,
  file: string,
): Resolved {
  const start = performance.now();
  const indexed = indexStateSets({ rules, events, stateSets });
  if (!indexed.ok) throw new UsageError(`${file}: state_sets: ${indexed.detail}`);
  const { states, context } = indexed.value;
  const state = resolveState(states, context);
  const seconds = (performance.now() - start) / 1_000;
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    seconds,
    resolved_state: state.sorted(),
    resolved_state_sha256: state.sha256(),
  };
  const labelled = states.map((each, index) => ({ label: `state set ${index + 1}`, state: each }));
  return { document, told: () => explainStates(labelled, context) };
}

function inWords({
  roomVersion,
  algorithm,
  events = [],
  forward_extremities: tips,
  resolved_state: state,
}: ResolveDocument): string {
  const lines = [`room version ${roomVersion}, state resolution ${algorithm}`];
  for (const { event_id: id, accepted, soft_failed: softFailed, stage, rule, reason } of events) {
    if (!accepted)
      lines.push(`${pc.red('rejected')}    ${id}  ${stage ?? ''}: ${rule ?? ''} (${reason ?? ''})`);
    else if (softFailed === true)
      lines.push(`${pc.yellow('soft-failed')} ${id}  ${rule ?? ''} (${reason ?? ''})`);
  }
  if (events.length > 0)
    lines.push(`${events.filter(({ accepted }) => accepted).length} of ${events.length} events accepted`);
  if (tips !== undefined) lines.push(`forward extremities: ${tips.join(' ')}`);
  lines.push('state:', ...state.map(([type, key, id]) => `  ${type} ${JSON.stringify(key)} ${id}`));
  return `${lines.join('\n')}\n`;
}
