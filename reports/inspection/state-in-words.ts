// What a core says of itself, as indented lines for people.

/** Entries of a list that are shown; `--json` has all. */
const mostShown = 12;

/** Lines of `name: value`, nested by two spaces. Names are taken apart into words. */
export function stateInWords(state: unknown, indent = ''): readonly string[] {
  if (Array.isArray(state)) return listLines(state, indent);
  if (isRecord(state)) {
    const entries = Object.entries(state);
    return entries.length === 0
      ? [`${indent}nothing`]
      : entries.flatMap((entry) => entryLines(entry, indent));
  }
  return [`${indent}${scalar(state)}`];
}

function entryLines([name, value]: readonly [string, unknown], indent: string): readonly string[] {
  const label = `${indent}${inWords(name)}`;
  if (Array.isArray(value) && value.length === 0) return [`${label}: none`];
  if (Array.isArray(value) && !value.some(isNested))
    return [`${label}: ${value.slice(0, mostShown).map(scalar).join(', ')}${more(value, ', ')}`];
  if (!isNested(value)) return [`${label}: ${scalar(value)}`];
  const count = Array.isArray(value) ? ` (${value.length})` : '';
  return [`${label}${count}:`, ...stateInWords(value, `${indent}  `)];
}

function listLines(list: readonly unknown[], indent: string): readonly string[] {
  const shown = list.slice(0, mostShown).flatMap((value) => {
    const [first = '', ...rest] = stateInWords(value, `${indent}  `);
    return [`${indent}- ${first.trimStart()}`, ...rest];
  });
  const left = more(list, '');
  return left === '' ? shown : [...shown, `${indent}${left}`];
}

function more(list: readonly unknown[], before: string): string {
  return list.length > mostShown ? `${before}and ${list.length - mostShown} more` : '';
}

/** `callsUnderWay` is "calls under way"; what is no identifier (a room's id, a host name) stays as it is. */
function inWords(name: string): string {
  return /^[a-z][A-Za-z0-9]*$/.test(name)
    ? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    : name;
}

function scalar(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
