// On which entries copies differ, who holds what, and what was refused because of it: planted, and counted by hand.
import { describe, expect, it } from 'vitest';
import type { EntryChange } from '../../../protocol/core.ts';
import { hours, minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { disputedState } from '../../../reports/metrics/disputed-state.ts';
import type { DisputedState } from '../../../reports/record-system.ts';
import type { Observation } from '../../../sim/observation.ts';
import { plantedEvidence, plantedFault } from '../../support/evidence.ts';
import { workloadOf } from '../../support/worlds.ts';

const workload = workloadOf({ people: 2, messages: [{ sender: 0, at: minutes(1) }], horizon: hours(3) });
const topic = 'topic';
/** Of the planted nodes. */
const [ash, birch, cedar, elm] = [0, 1, 2, 3];

const at = (minute: number): Instant => minutes(minute) as number as Instant;
const copy = (node: number): Observation => ({
  ...{ kind: 'replica', at: 0 as Instant, node, object: 'room' },
  aspects: { state: 'alike' },
});
const told = (
  minute: number,
  node: number,
  changes: readonly EntryChange[],
  since: 'last' | 'start' | 'nothing' = 'last',
): Observation => ({ kind: 'replica-entries', at: at(minute), node, object: 'room', since, changes });
const becomes = (after: string | undefined, before: string | undefined, entry = topic): EntryChange => ({
  ...{ entry, before, after },
});
const refused = (
  minute: number,
  node: number,
  disputed: readonly string[],
  more: Partial<Extract<Observation, { kind: 'refused' }>> = {},
): Observation => ({
  ...{
    kind: 'refused',
    at: at(minute),
    node,
    from: 'ash.example',
    fate: 'soft-failed',
    rule: 'sender.not-joined',
  },
  ...{ object: 'room', id: '$words', isSpeech: true, message: 0 as never, disputed },
  ...more,
});

function figuresOf(...others: Observation[]): DisputedState {
  const run = { fates: [], others: [copy(ash), copy(birch), copy(cedar), ...others] };
  const fault = plantedFault('first', minutes(10), minutes(40));
  return disputedState.compute(plantedEvidence(workload, [fault], run, { fates: [] }));
}

describe('an entry on which copies differ', () => {
  it('is disputed from the first that changes it to the last that follows', () => {
    const figures = figuresOf(
      told(10, ash, [becomes('new', 'old')]),
      told(15, birch, [becomes('new', 'old')]),
      told(40, cedar, [becomes('new', 'old')]),
    );
    expect(figures).toMatchObject({
      windows: 1,
      objects: 1,
      open: 0,
      longestSeconds: 1_800,
      entryHours: 0.5,
    });
    expect(figures.entries).toEqual([
      {
        ...{ object: 'room', entry: topic, windows: 1, seconds: 1_800, firstStart: 600, lastEnd: 2_400 },
        // For 25 of the 30 minutes two stood against one.
        sides: [
          { value: 'new', nodes: ['phone/0', 'phone/1'] },
          { value: 'old', nodes: ['signal/chat-1'] },
        ],
        ...{ softFailed: 0, rejected: 0, refused: [] },
      },
    ]);
    expect(figures.twin.windows).toBe(0);
  });

  it('is told by its longest window, whichever came first, and by the median of all', () => {
    const turn = (from: number, to: number, [after, before]: readonly [string, string]): Observation[] => [
      told(from, ash, [becomes(after, before)]),
      ...[birch, cedar].map((node) => told(to, node, [becomes(after, before)])),
    ];
    const figures = figuresOf(
      ...turn(10, 15, ['b', 'a']),
      ...turn(20, 60, ['c', 'b']),
      ...turn(70, 80, ['d', 'c']),
    );
    expect(figures).toMatchObject({ windows: 3, medianSeconds: 600, longestSeconds: 2_400, open: 0 });
    expect(figures.entries).toMatchObject([
      {
        windows: 3,
        seconds: 3_300,
        sides: [{ value: 'b', nodes: ['phone/1', 'signal/chat-1'] }, { value: 'c' }],
      },
    ]);
  });

  it('is not listed for as long as a change takes on its way', () => {
    const change = [becomes('new', 'old')];
    const late = { ...told(10, birch, change), at: (minutes(10) + seconds(50)) as Instant };
    expect(figuresOf(told(10, ash, change), told(10, cedar, change), late).windows).toBe(0);
  });

  it('counts a copy that came later with what it brought', () => {
    const figures = figuresOf(
      told(5, elm, [becomes('old', undefined)], 'nothing'),
      told(10, ash, [becomes('new', 'old')]),
      told(10, birch, [becomes('new', 'old')]),
      told(10, cedar, [becomes('new', 'old')]),
    );
    expect(figures).toMatchObject({ windows: 1, open: 1 });
    expect(figures.entries[0]).toMatchObject({ lastEnd: null, sides: [{ value: 'new' }, { value: 'old' }] });
  });

  it('counts a copy that lacks it, and one that went away no longer', () => {
    const lacking = [told(5, elm, [], 'nothing'), told(10, ash, [becomes('old', 'older')])];
    const others = [birch, cedar].map((node) => told(10, node, [becomes('old', 'older')]));
    const gone: Observation = { kind: 'replica-gone', at: at(30), node: elm, object: 'room' };
    const { entries } = figuresOf(...lacking, ...others, gone);
    expect(entries[0]).toMatchObject({ seconds: 1_200, sides: [{ value: 'old' }, { value: null }] });
  });

  it('is as the disk has it after a restart, whatever its node said last', () => {
    const all = [ash, birch, cedar].map((node) => told(10, node, [becomes('new', 'old')]));
    const figures = figuresOf(...all, told(20, birch, [], 'start'), told(30, birch, [becomes('new', 'old')]));
    expect(figures.entries).toMatchObject([
      { seconds: 600, sides: [{ value: 'new' }, { value: 'old', nodes: ['phone/1'] }] },
    ]);
  });
});

describe('what is refused', () => {
  it('counts once, with the entries that stood against it and the nodes that refused it', () => {
    const figures = figuresOf(
      told(10, ash, [becomes('banned', 'in', 'member @guest')]),
      refused(45, ash, ['member @guest']),
      refused(46, birch, ['member @guest']),
    );
    expect(figures).toMatchObject({ refused: 1, refusedSpeech: 1 });
    expect(figures.byType).toMatchObject([{ type: 'member', windows: 1, refused: 1 }]);
    expect(figures.entries).toMatchObject([
      { softFailed: 2, rejected: 0, refused: [{ id: '$words', message: 0, fate: 'soft-failed', nodes: 2 }] },
    ]);
  });

  it('is told by fate, once with each entry and type it has to do with', () => {
    const figures = figuresOf(
      told(10, ash, [becomes('banned', 'in', 'member @guest')]),
      told(20, ash, [becomes('new', 'old')]),
      refused(44, ash, [topic, 'member @guest'], { id: '$topic', isSpeech: false, message: 1 as never }),
      refused(45, ash, ['member @guest'], { fate: 'rejected' }),
      refused(46, birch, ['member @guest']),
    );
    expect(figures).toMatchObject({ refused: 2, refusedSpeech: 1 });
    expect(figures.byType).toMatchObject([
      { type: 'member', windows: 1, refused: 2, refusedSpeech: 1 },
      { type: topic, windows: 1, refused: 1, refusedSpeech: 0 },
    ]);
    expect(figures.entries).toMatchObject([
      {
        ...{ entry: 'member @guest', softFailed: 2, rejected: 1 },
        refused: [
          { id: '$topic', message: 1, fate: 'soft-failed', nodes: 1 },
          { id: '$words', message: 0, fate: 'rejected', nodes: 1 },
          { id: '$words', message: 0, fate: 'soft-failed', nodes: 1 },
        ],
      },
      { entry: topic, softFailed: 1, rejected: 0 },
    ]);
  });

  it('by the rules alone has to do with no dispute', () => {
    expect(figuresOf(refused(45, ash, []))).toMatchObject({ refused: 0, byType: [], entries: [] });
  });
});
