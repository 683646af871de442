// One message's story and one node's state, of a stored run: simulated again as the run was.
import { present } from '../../protocol/assert.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import type { System } from '../../sim/systems/system.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { inspectNode } from '../inspection/inspect-node.ts';
import { stateInWords } from '../inspection/state-in-words.ts';
import { lifeInWords } from '../message-life-words.ts';
import { lifeOfMessage } from '../message-life.ts';
import { readReproduction } from '../store.ts';
import { NoAnswer } from './no-answer.ts';

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

interface Subject {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly system: System;
}

async function subjectOf(folder: string, id: string): Promise<Subject> {
  const { record, scenario, systems } = await readReproduction(folder);
  if (!systems.includes(id))
    throw new NoAnswer(`the run has no system "${id}": expected one of ${systems.join(', ')}`);
  const system = present(registry.get(id), `system ${id}`);
  return { compiled: compileScenario(scenario), seed: record.seed, system };
}

async function orNoAnswer<Value>(look: () => Promise<Value>): Promise<Value> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof RangeError) throw new NoAnswer(error.message);
    throw error;
  }
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
