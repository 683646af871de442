import { describe, expect, it } from 'vitest';
import { printableLine, printableMessage } from '../../cli/printable.ts';

describe('text from strangers', () => {
  it('cannot move the cursor, break the line or turn its direction; colours remain', () => {
    expect(printableLine('a\u001B[2Jb\nc\u202Ed \u001B[31mred\u001B[39m 😀')).toBe(
      'a\\u001B[2Jb\\u000Ac\\u202Ed \u001B[31mred\u001B[39m 😀',
    );
  });

  it('is cut in messages where a word has no end', () => {
    expect(printableMessage(`no event ${'x'.repeat(70_000)}\nsecond line`)).toBe(
      `no event ${'x'.repeat(300)}…\nsecond line`,
    );
  });
});
