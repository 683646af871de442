// `netsplit decode`: explains a packet field by field.
import { existsSync, readFileSync, statSync } from 'node:fs';
import pc from 'picocolors';
import { dissect } from '../../protocol/bitchat/dissection/dissect.ts';
import { packetBytes, type Dissection } from '../../protocol/field-reader.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import { dissectFrame } from '../../protocol/pinecone/dissection.ts';
import { explainPdu } from '../decode/pdu.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface DecodeOptions {
  readonly json?: boolean;
  /** Of a PDU; found out by its shape when left out. */
  readonly roomVersion?: string;
}

/** Larger than any packet or event, in characters of hexadecimal digits or JSON. */
const mostCharacters = 4_000_000;

/** Explains one packet, given as text, as a file, or (`-`) on standard input; returns the exit code. */
export function decode(
  format: 'bitchat' | 'pinecone' | 'pdu',
  given: string,
  options: DecodeOptions,
): number {
  const text = readInput(given);
  if (format === 'pdu') return explainPdu(text, options);
  return decodeFrame(text, format === 'bitchat' ? dissect : dissectFrame, options);
}

function readInput(given: string): string {
  let text = given;
  if (given === '-') text = textOf(0, 'standard input');
  else if (given.length < 4_096 && existsSync(given)) {
    const found = statSync(given);
    if (found.isDirectory()) throw new UsageError(`${given}: expected a file, found a folder`);
    if (found.size > mostCharacters)
      throw new UsageError(`${given}: ${found.size} bytes are no single packet`);
    text = textOf(given, given);
  } else if (looksLikePath.test(given)) throw new UsageError(`${given}: there is no such file`);
  if (text.length > mostCharacters) throw new UsageError(`${text.length} characters are no single packet`);
  return text.trim();
}

/** With a point or a slash, and nothing that JSON has. Digits and JSON numbers are none. */
const looksLikePath = /^(?!-?\d+\.)[^\s{}[\]"]*[./][^\s{}[\]"]*$/;

function textOf(source: string | 0, name: string): string {
  try {
    return readFileSync(source, 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new UsageError(`${name}: cannot be read (${code})`);
  }
}

function decodeFrame(
  text: string,
  takeApart: (bytes: Uint8Array) => Outcome<Dissection>,
  { json }: DecodeOptions,
): number {
  const bytes = packetBytes(text);
  if (!bytes.ok) throw new UsageError(`not a packet: ${bytes.detail}`);
  const dissection = takeApart(bytes.value);
  if (!dissection.ok) throw new UsageError(`not a packet: ${dissection.detail}`);
  const { type, fields, remarks } = dissection.value;
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ type, length: bytes.value.length, fields, remarks })}\n`);
    return exitCode.good;
  }
  const width = Math.max(...fields.map(({ name, depth }) => name.length + 2 * depth));
  const lines = fields.map(({ offset, length, name, hex, meaning, depth }) => {
    const place = `${offset}`.padStart(depth === 0 ? 5 : 7);
    const label = `${'  '.repeat(depth)}${name}`.padEnd(width);
    return `${pc.dim(place)} ${`${length}`.padStart(4)}  ${label}  ${meaning}  ${pc.dim(hex)}`;
  });
  process.stdout.write(
    `${pc.bold(type)}, ${bytes.value.length} bytes\n${pc.dim('   at  len  field')}\n${lines.join('\n')}\n`,
  );
  for (const remark of remarks) process.stdout.write(`${pc.yellow('note')} ${remark}\n`);
  return exitCode.good;
}
