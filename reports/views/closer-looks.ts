// One message's story and one node's state, of a stored run: simulated again as the run was.
import { inspectNode } from '../inspection/inspect-node.ts';
import { stateInWords } from '../inspection/state-in-words.ts';
import { lifeInWords } from '../message-life-words.ts';
import { lifeOfMessage } from '../message-life.ts';
import { orNoAnswer, subjectOf } from './run-subject.ts';

/** A message's life, line by line. */
export interface MessageStory {
  readonly system: string;
  readonly message: number;
  readonly lines: readonly string[];
}

/** A node as its cores describe themselves. */
export interface NodeState {
  readonly system: string;
  readonly node: string;
  /** Seconds since the epoch. */
  readonly at: number;
  /** Titles of the faults at work. */
  readonly faults: readonly string[];
  readonly lines: readonly string[];
}

/**
 * Recipients are told worst first.
 * @throws StoreError, NoAnswer
 */
export function messageStory(folder: string, id: string, message: number): Promise<MessageStory> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, id);
    const life = lifeOfMessage({ ...subject, message });
    const { compiled } = subject;
    const faults = compiled.faults.map(({ id: fault, title, target, start, end }) => ({
      id: fault,
      title,
      target,
      start: start / 1_000_000,
      end: (life.endedByAction[fault] ?? end) / 1_000_000,
    }));
    return {
      system: id,
      message,
      lines: lifeInWords(life, { epochMs: compiled.world.epochWallMs, faults }, life.deliveries.length),
    };
  });
}

/**
 * @param at seconds since the epoch
 * @throws StoreError, NoAnswer
 */
export function nodeState(folder: string, id: string, node: string, at: number): Promise<NodeState> {
  return orNoAnswer(async () => {
    const subject = await subjectOf(folder, id);
    const found = inspectNode({ ...subject, variant: 'run', node, at: Math.round(at * 1_000_000) });
    const titles = new Map(subject.compiled.faults.map((fault) => [fault.id, fault.title]));
    return {
      system: id,
      node,
      at,
      faults: found.faults.map((fault) => titles.get(fault) ?? fault),
      lines: stateInWords(found.state),
    };
  });
}
