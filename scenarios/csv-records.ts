// Comma-separated values with quotes. https://www.rfc-editor.org/rfc/rfc4180
import { ScenarioError } from './scenario-error.ts';

/** One record, and the line on which it begins. */
export interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
  /** Where each field begins: characters from the beginning of the record, the first is 1. */
  readonly columns: readonly number[];
}

/**
 * The records of a text, empty lines left out. Fields end at the separator: spreadsheets of many countries write semicolons. A field in quotes may hold commas, line breaks and doubled quotes.
 * @throws ScenarioError when a quote is never closed, or does not close its field
 */
export function* csvRecords(
  text: string,
  file: string,
  separator: ',' | ';' = ',',
): Generator<CsvRecord, undefined> {
  let line = 1;
  for (let at = 0; at < text.length;) {
    const start = line;
    const begin = at;
    const fields: string[] = [];
    const columns: number[] = [];
    for (let isLast = false; !isLast;) {
      const field = fieldAt(text, at, separator);
      columns.push(at - begin + 1);
      if (typeof field === 'string')
        throw new ScenarioError(file, [{ path: '', position: { line, column: 1 }, message: field }]);
      fields.push(field.value);
      line += field.lines;
      isLast = text.charAt(field.end) !== separator;
      at = field.end + 1;
    }
    line++;
    if (fields.length > 1 || fields[0] !== '') yield { fields, line: start, columns };
  }
  return undefined;
}

interface CsvField {
  readonly value: string;
  /** Index of the comma or line feed after it, or the end of the text. */
  readonly end: number;
  /** Line breaks within it. */
  readonly lines: number;
}

/** The field that begins here, or what is wrong with it. */
function fieldAt(text: string, from: number, separator: string): CsvField | string {
  if (text.charAt(from) !== '"') {
    let end = from;
    while (end < text.length && text.charAt(end) !== separator && text.charAt(end) !== '\n') end++;
    return { value: text.slice(from, end).replace(/\r$/, ''), end, lines: 0 };
  }
  let value = '';
  for (let at = from + 1; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return 'a quote is never closed';
    value += text.slice(at, quote);
    if (text.charAt(quote + 1) !== '"') {
      const end = text.startsWith('\r\n', quote + 1) ? quote + 2 : quote + 1;
      if (end < text.length && text.charAt(end) !== separator && text.charAt(end) !== '\n')
        return 'expected a comma or the end of the line after a quoted field';
      return { value, end, lines: value.split('\n').length - 1 };
    }
    value += '"';
    at = quote + 2;
  }
}
