// `netsplit resolve --explain`: reasons in words and as JSON.
import { describe, expect, it } from 'vitest';
import { explainRoom, explanationDocument, explanationText } from '../../cli/resolve/explanation.ts';
import { resolve } from '../../cli/commands/resolve.ts';
import { judgedRoom } from '../support/judged-rooms.ts';
import { unpackedVector } from '../support/matrix-vectors.ts';
import { outputOf } from '../support/output.ts';

describe('netsplit resolve --explain', () => {
  it('tells of each conflicted key why its contenders won or lost', async () => {
    const text = await outputOf(() =>
      resolve(unpackedVector('sample-040-v12-s4310.json.gz'), { explain: true }),
    );
    expect(text).toContain('state resolution v2.1 of 2 states');
    expect(text).toMatch(/full conflicted set: \d+ events \(conflicted state set \d+, auth difference \d+/);
    expect(text).toContain(
      'refused in step 4, other events, by rule 6 (sender.not-joined): @alice:hs2 is not joined; judged by',
    );
    expect(text).toMatch(/loses to \$\S+, which is allowed and came later: farther from the newest mainline/);
    expect(text).toContain('which step 5 puts back');
  });

  it('is a part of the JSON document when asked for, and of none otherwise', async () => {
    const file = unpackedVector('sample-040-v12-s4310.json.gz');
    const plain = JSON.parse(await outputOf(() => resolve(file, { json: true }))) as object;
    const told = JSON.parse(await outputOf(() => resolve(file, { json: true, explain: true }))) as {
      explanation: { keys: { winner: string | null; contenders: { fate: string; event_id: string }[] }[] };
    };
    expect(plain).not.toHaveProperty('explanation');
    expect(told).toMatchObject(plain);
    for (const { winner, contenders } of told.explanation.keys) {
      const standing = contenders.filter(({ fate }) => fate === 'won' || fate === 'unconflicted');
      expect(standing.map(({ event_id }) => event_id)).toEqual(winner === null ? [] : [winner]);
    }
  });

  it('knows that one state needs no resolution', () => {
    const { judgement } = judgedRoom('sample-036-v11-s1360.json.gz');
    const [only] = judgement.forwardExtremities;
    const told = explainRoom(judgement.room, only === undefined ? [] : [only]);
    expect(explanationText(told)).toBe('state resolution v2: one state, nothing to resolve\n');
    expect(explanationDocument(told)).toMatchObject({ keys: [] });
  });
});
