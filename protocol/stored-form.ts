// What cores persist, on a disk that only takes plain data: objects, arrays, maps, sets, numbers, texts and bytes.

/** The way to plain data and back. */
export interface StoredForm {
  toPlain(value: unknown): unknown;
  fromPlain(plain: unknown): unknown;
}

/** One kind of object with a class: how it is told from others, and what it becomes. */
export interface StoredKind {
  /** Unique in a form. */
  readonly name: string;
  is(value: object): boolean;
  toPlain(value: object): unknown;
  fromPlain(plain: unknown): unknown;
}

/** In the place of an object with a class. No core persists an object with this member. */
const kindMember = '$kind';

/** The form of a protocol whose objects are plain, but for these kinds. */
export function storedForm(kinds: readonly StoredKind[]): StoredForm {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const toPlain = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    const kind = kinds.find((each) => each.is(value));
    if (kind !== undefined) return { [kindMember]: kind.name, value: kind.toPlain(value) };
    return mapped(value, toPlain);
  };
  const fromPlain = (plain: unknown): unknown => {
    if (typeof plain !== 'object' || plain === null || plain instanceof Uint8Array) return plain;
    const { [kindMember]: name, value } = plain as Record<string, unknown>;
    const kind = typeof name === 'string' ? byName.get(name) : undefined;
    return kind === undefined ? mapped(plain, fromPlain) : kind.fromPlain(value);
  };
  return { toPlain, fromPlain };
}

function mapped(value: object, each: (member: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(each);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, each(member)]));
  if (value instanceof Set) return new Set([...value].map(each));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, each(member)]));
}
