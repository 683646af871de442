// Case files: what is written is read again, and what is wrong with one is told with its place.
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { caseOfFinding } from '../../reports/search/found-case.ts';
import { replayCase } from '../../reports/search/replay-case.ts';
import { caseText, readCase } from '../../scenarios/cases/case-file.ts';
import { searchRooms } from '../../scenarios/search/resolution/search-rooms.ts';

const rules = present(specifiedRoomVersions.get('10'), 'version 10');
const { findings } = searchRooms({ seed: 1, first: 0, rooms: 15, corpus: [], met: [], known: [] }, rules);
const found = present(findings[0], 'a finding');
const document = caseOfFinding(found, { command: 'npx netsplit search state-resolution', seconds: 1 });
const text = caseText(document);

const complaint = (changed: string): string => {
  try {
    readCase(changed, 'a.yaml');
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('a case file', () => {
  it('is read as it was written, and replays to what it expects', () => {
    const read = readCase(text, 'a.yaml');
    expect(read.document).toEqual(document);
    const replayed = replayCase(read);
    expect(replayed.length).toBeGreaterThan(1);
    expect(replayed.every(({ isMet }) => isMet)).toBe(true);
    expect(present(replayed[0], 'an outcome').words).toEqual([found.violation.words]);
  });

  it('that expects the contrary is not met', () => {
    const [replayed] = replayCase(readCase(text.replace('- violates:', '- holds:'), 'a.yaml'));
    expect(replayed?.isMet).toBe(false);
  });

  it.each([
    [
      'another version of the form',
      /netsplit_case: 1/,
      'netsplit_case: 99',
      /^a\.yaml:3:16: .*version 1, found version 99/,
    ],
    ['no case at all', /netsplit_case: 1/, 'scenario: 1', /expected a case file/],
    [
      'an invariant that does not exist',
      /violates: no-reset/,
      'violates: no-rest',
      /^a\.yaml:6:15: .*did you mean/,
    ],
    [
      'a room version that does not exist',
      /room_version: "10"\n/,
      'room_version: "99"\n',
      /from 1 to 12.*found "99"/,
    ],
    ['broken YAML', /expect:/, 'expect: [', /^a\.yaml:\d+:\d+: .*not YAML/],
    ['an unknown key', /title:/, 'titel:', /\na\.yaml:4:1: titel: unknown key/],
    [
      'an event that nothing has',
      /states:\n {4}- \[/,
      'states:\n    - [$nothing, ',
      /\$nothing, which is no event/,
    ],
  ])('with %s is refused with its place', (_what, pattern, replacement, message) => {
    const changed = text.replace(pattern, replacement.replaceAll('$', '$$$$'));
    expect(changed).not.toBe(text);
    expect(complaint(changed)).toMatch(message);
  });
});
