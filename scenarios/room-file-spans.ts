// Which form a room file has, and where each of its events stands in the text.
import { JsonFault, JsonText, type TextSpan } from './json-text.ts';

/** A file as text: one document around its events, or the events themselves. */
export type RoomFileSpans =
  | { readonly form: 'document'; readonly span: TextSpan }
  | { readonly form: 'events'; readonly spans: Iterable<TextSpan> };

/**
 * Tells an object with events inside from a list of events: an array, a line for each, or one after the other.
 * Spans are found as they are asked for, so that what is wrong with an early one is told first.
 * @throws JsonFault, also while spans are asked for
 */
export function roomFileSpans(json: JsonText): RoomFileSpans {
  const start = json.pastBlanks(0);
  if (json.text.startsWith('[', start)) return { form: 'events', spans: elements(json, start) };
  if (isLineByLine(json, start)) return { form: 'events', spans: lines(json, start) };
  const end = json.endOfValue(start);
  if (json.pastBlanks(end) === json.text.length) return { form: 'document', span: { start, end } };
  return { form: 'events', spans: values(json, start) };
}

/**
 * Whether events stand line by line: then a line that is none is told by its number, and nothing else is read into it.
 * A first line that is no value may still be a broken event, when the second is one by itself.
 */
function isLineByLine(json: JsonText, start: number): boolean {
  const { text } = json;
  const firstEnd = endOfLine(text, start);
  const second = json.pastBlanks(firstEnd);
  if (second === text.length) return false;
  if (isWholeValue(text, start, firstEnd)) return true;
  const beginsAnotherForm = /[[{,:]\s*$/.test(text.slice(Math.max(start, firstEnd - 100), firstEnd));
  return (
    !beginsAnotherForm && text.startsWith('{', second) && isWholeValue(text, second, endOfLine(text, second))
  );
}

function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline === -1 ? text.length : newline;
}

function isWholeValue(text: string, start: number, end: number): boolean {
  return !(endOfOnlyValue(text, start, end) instanceof JsonFault);
}

/** Where the value ends that stands between the two places alone. */
function endOfOnlyValue(text: string, start: number, end: number): number | JsonFault {
  const part = new JsonText(text.slice(start, end));
  try {
    const valueEnd = part.endOfValue(0);
    const rest = part.pastBlanks(valueEnd);
    return rest === part.text.length
      ? start + valueEnd
      : new JsonFault(start + rest, 'the line goes on after the event');
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return new JsonFault(start + error.offset, error.message);
  }
}

function* lines(json: JsonText, from: number): Generator<TextSpan, undefined> {
  const { text } = json;
  for (let start = from; start < text.length;) {
    const lineEnd = endOfLine(text, start);
    const end = endOfOnlyValue(text, start, lineEnd);
    if (end instanceof JsonFault) throw new JsonFault(end.offset, `one event per line: ${end.message}`);
    yield { start, end };
    start = json.pastBlanks(lineEnd);
  }
}

function* elements(json: JsonText, from: number): Generator<TextSpan, undefined> {
  let last = from + 1;
  for (const span of json.elements(from)) {
    yield span;
    last = span.end;
  }
  const end = json.pastBlanks(json.pastBlanks(last) + 1);
  if (end < json.text.length) throw new JsonFault(end, 'the file goes on after the list of events');
}

function* values(json: JsonText, from: number): Generator<TextSpan, undefined> {
  for (let start = from; start < json.text.length;) {
    const end = json.endOfValue(start);
    yield { start, end };
    start = json.pastBlanks(end);
  }
}
