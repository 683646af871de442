// What `netsplit resolve` prints for people.
import pc from 'picocolors';
import { printableLine } from '../printable.ts';
import type { EventDocument, ResolveDocument, SliceDocument, StateEntry } from './room-document.ts';

/** The document as text: what was refused, the end of the room, and its state. */
export function roomInWords(document: ResolveDocument): string {
  const { roomVersion, algorithm, events, forward_extremities: tips, signatures, at, seconds } = document;
  const lines = [`room version ${roomVersion}, state resolution ${algorithm}`];
  if (events !== undefined) {
    lines.push(...events.filter(isNoted).map(verdictInWords));
    const accepted = events.filter(({ verdict }) => verdict === 'accepted').length;
    lines.push(`${accepted} of ${events.length} events accepted, signatures ${signatures ?? 'unchecked'}`);
  }
  if (document.slice !== undefined) lines.push(...sliceInWords(document.slice));
  if (tips === null) {
    const possible = document.possible_forward_extremities ?? [];
    lines.push(`forward extremities: unknown, perhaps ${possible.join(' ')}`);
  }
  if (tips !== undefined && tips !== null) lines.push(`forward extremities: ${tips.join(' ')}`);
  if (at === undefined) {
    const where = tips === undefined ? 'of the state sets' : 'at the forward extremities';
    const time = seconds === undefined ? '' : `, resolved in ${(seconds * 1_000).toFixed(1)} ms`;
    lines.push(`state ${where}${time}:`);
  } else {
    const before = new Set(at.state_before.map((entry) => JSON.stringify(entry)));
    const changed = document.resolved_state.filter((entry) => !before.has(JSON.stringify(entry)));
    const changes = changed.map(([type, key]) => `${type} ${JSON.stringify(key)}`).join(', ');
    lines.push(`state after ${at.event_id} (it ${changes === '' ? 'changes nothing' : `sets ${changes}`}):`);
  }
  lines.push(...document.resolved_state.map(entryInWords));
  const { unknown_keys: unknown, state_unknown: why = '' } = document;
  if (unknown === 'rest') lines.push(`  ${pc.yellow('unknown')} whether there is more: ${why}`);
  else for (const key of unknown ?? []) lines.push(`  ${key.join(' ')} ${pc.yellow('unknown')}: ${why}`);
  return `${lines.map(printableLine).join('\n')}\n`;
}

/** What is missing, and what is said of the state there. */
function sliceInWords({
  missing,
  edges,
  undecided,
  entries_without_event: bare,
}: SliceDocument): readonly string[] {
  const given = edges.filter(({ state }) => state === 'given').length;
  const lines = [
    `part of a room: ${missing.length} cited events are missing, ${undecided} verdicts are unknown`,
    `${edges.length} events have missing predecessors, the state before ${given} of them is given`,
  ];
  if (bare > 0)
    lines.push(
      `${bare} events of the states given are named and not there: by ids alone nothing can be judged`,
    );
  const without = edges.filter(({ state }) => state === 'unknown').map(({ event_id: id }) => id);
  if (without.length > 0)
    lines.push(`state to be given with --state, for example before ${without.slice(0, 3).join(', ')}`);
  return lines;
}

function isNoted({ verdict, soft_failed: softFailed, redacted }: EventDocument): boolean {
  return verdict !== 'accepted' || softFailed === true || redacted === true;
}

function verdictInWords(event: EventDocument): string {
  const { event_id: id, verdict, soft_failed: softFailed, stage = '', redacted } = event;
  const notes = redacted === true ? ' [redacted: its content is not what its hash says]' : '';
  const why = `${ruleInWords(event)}${notes}`;
  if (verdict === 'unknown') return `${pc.yellow('unknown')}     ${id}  ${why}`;
  if (verdict === 'rejected')
    return `${pc.red('rejected')}    ${id}  ${stage === '' ? '' : `${stage}: `}${why}`;
  if (softFailed === true) return `${pc.yellow('soft-failed')} ${id}  ${why}`;
  return `${pc.yellow('redacted')}    ${id}  its content is not what its hash says`;
}

/** The rule that an event broke, with its number in the specification where it has one. */
export function ruleInWords({ rule, rule_number: number, reason }: EventDocument): string {
  const numbered = number === undefined ? (rule ?? '') : `rule ${number}, ${rule ?? ''}`;
  return `${numbered} (${reason ?? ''})`;
}

function entryInWords([type, key, id]: StateEntry): string {
  return `  ${type} ${JSON.stringify(key)} ${id}`;
}
