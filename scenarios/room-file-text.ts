// The bytes of a room file as text: plain or gzip, UTF-8, with or without a byte order mark.
import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { ScenarioError } from './scenario-error.ts';

/** Room files are held in memory whole. A room of 50,000 members takes about 40 MiB. */
const mostMebibytes = 256;
const mostBytes = mostMebibytes * 1_048_576;

const newline = 0x0a;

/**
 * The text of a room file.
 * @throws ScenarioError when it is too large, no gzip although it begins as one, or not UTF-8, naming the line
 */
export function roomFileText(bytes: Uint8Array, file: string): string {
  const plain = isGzip(bytes) ? unzipped(bytes, file) : bytes;
  if (plain.length > mostBytes) throw tooLarge(file);
  if ((plain[0] === 0xff && plain[1] === 0xfe) || (plain[0] === 0xfe && plain[1] === 0xff))
    throw complaint(file, 1, 'expected UTF-8, found UTF-16');
  if (!isUtf8(plain))
    throw complaint(file, lineOfBadUtf8(plain), 'expected UTF-8, found bytes that are none');
  return new TextDecoder().decode(plain);
}

function isGzip([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

function unzipped(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(file);
    const why = error instanceof Error ? error.message : String(error);
    throw new ScenarioError(file, [{ path: '', position: undefined, message: `cannot be unzipped: ${why}` }]);
  }
}

function lineOfBadUtf8(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(newline, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    line++;
    start = end + 1;
  }
}

function complaint(file: string, line: number, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position: { line, column: 1 }, message }]);
}

function tooLarge(file: string): ScenarioError {
  const message = `larger than ${mostMebibytes} MiB: export fewer events (--state takes the state where a slice begins)`;
  return new ScenarioError(file, [{ path: '', position: undefined, message }]);
}
