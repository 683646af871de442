// The shipped data sets: comma-separated tables with a head line. Ours are simple: no quotes, no commas inside fields.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { present } from '../protocol/assert.ts';
import { packageFile } from './package-file.ts';

/** A line of a table, by column. */
export type Row = Readonly<Record<string, string>>;

function readText(name: string): string {
  return readFileSync(packageFile('scenarios', 'datasets', name), 'utf8').replaceAll('\r\n', '\n');
}

/** Every line of a data set. */
export function readTable(name: string): readonly Row[] {
  const [head = '', ...lines] = readText(name).trim().split('\n');
  const columns = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
}

/** A cell as text. */
export function field(row: Row, name: string): string {
  return present(row[name], `column ${name}`);
}

/** A cell as a number. */
export function numberIn(row: Row, name: string): number {
  const text = field(row, name);
  const value = Number(text);
  if (text === '' || !Number.isFinite(value))
    throw new TypeError(`data set: ${name} is not a number: ${text}`);
  return value;
}

let digest: string | undefined;

/** Hash over all data sets: another table gives another run. */
export function dataDigest(): string {
  if (digest === undefined) {
    const hash = createHash('sha256');
    const names = readdirSync(packageFile('scenarios', 'datasets')).filter((name) => name.endsWith('.csv'));
    for (const name of names.sort()) hash.update(JSON.stringify([name, readText(name)]));
    digest = hash.digest('hex');
  }
  return digest;
}
