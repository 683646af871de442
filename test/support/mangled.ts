// What fuzzing feeds to everything that parses: a valid input, changed in a few places as accidents and enemies do.
import fc from 'fast-check';

/** Characters that mean something to one format or another, and numbers at the edge of what numbers can be. */
const telling = [
  ...Array.from('\u0000\n\r\t "\'`{}[]()<>,:;=*?!|&%@#-+.\\/~^$0'),
  '\uFEFF',
  '\u2028',
  '\uD800',
  '💥',
  '�',
  '__proto__',
  'constructor',
  'null',
  'true',
  'NaN',
  'Infinity',
  '-1',
  '1e999',
  '9007199254740993',
  '2147483648',
  '1970-01-01T00:00Z',
  '*a',
  '&a [*a]',
  '<<:',
  '"":',
  '[[[[[[[[',
  '{{{{{{{{',
  '../..',
];

interface Change {
  readonly at: number;
  readonly kind: 'delete' | 'insert' | 'repeat' | 'replace' | 'cut' | 'swap';
  readonly length: number;
  readonly what: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  kind: fc.constantFrom('delete', 'insert', 'repeat', 'replace', 'cut', 'swap'),
  length: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 })),
  what: fc.oneof(fc.constantFrom(...telling), fc.string({ unit: 'binary', maxLength: 6 })),
});

function changedText(text: string, { at, kind, length, what }: Change): string {
  const from = Math.floor(at * (text.length + 1));
  const [before, after] = [text.slice(0, from), text.slice(from + length)];
  const taken = text.slice(from, from + length);
  switch (kind) {
    case 'delete':
      return before + after;
    case 'insert':
      return before + what + taken + after;
    case 'repeat':
      return before + taken + taken + after;
    case 'replace':
      return before + what + after;
    case 'cut':
      return before;
    case 'swap':
      return after + before;
  }
}

/** One of these texts, with up to six changes; now and then as it was. */
export function mangledText(samples: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 6 }))
    .map(([text, changes]) => changes.reduce(changedText, text));
}

/** The same of bytes. */
export function mangledBytes(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const texts = samples.map((bytes) => Buffer.from(bytes).toString('latin1'));
  return mangledText(texts).map((text) => Uint8Array.from(Buffer.from(text, 'latin1')));
}
