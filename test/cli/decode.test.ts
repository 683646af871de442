// `netsplit decode` as a user calls it.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { netsplitHere } from '../support/netsplit-here.ts';

const hello = '0102070000019900112233000005' + '0123456789abcdef' + '68656c6c6f';
const pdu = {
  type: 'm.room.message',
  sender: '@a:one.example',
  room_id: '!r:one.example',
  content: { body: 'hello', msgtype: 'm.text' },
  depth: 12,
  origin_server_ts: 1_700_000_000_000,
  prev_events: ['$p'],
  auth_events: ['$c'],
  hashes: { sha256: 'wrong' },
  signatures: { 'two.example': { 'ed25519:1': 'x' } },
};

describe('netsplit decode bitchat', () => {
  it('explains a frame, as text and as JSON, from arguments and files', async () => {
    const { exitCode, stdout } = await netsplitHere('decode', 'bitchat', hello);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^message, 27 bytes$/m);
    expect(stdout).toMatch(/^ +0 +1 {2}version +1 {2}01$/m);
    expect(stdout).toMatch(/text +"hello"/);
    const file = join(mkdtempSync(join(tmpdir(), 'netsplit-decode-')), 'frame');
    writeFileSync(file, `${hello}\n`);
    const json = JSON.parse((await netsplitHere('decode', 'bitchat', file, '--json')).stdout) as object;
    expect(json).toMatchObject({ type: 'message', length: 27, remarks: [] });
  });

  it.each([
    [['decode', 'bitchat', '01zz'], /not a packet: expected hexadecimal digits, found "z" at digit 3/],
    [['decode', 'bitchat', hello.slice(0, 40)], /not a packet: byte 14: expected 8 bytes of sender, found 6/],
    [['decode', 'bitchat', '.'], /\.: expected a file, found a folder/],
    [['decode', 'bitchat', './frames/none.hex'], /\.\/frames\/none\.hex: there is no such file/],
    [['decode', 'pdu', 'none.json'], /none\.json: there is no such file/],
    [['decode', 'pdu', '1.5'], /not a PDU: expected a JSON object/],
    [['decode', 'bitchet', hello], /bitchet/],
  ])('%j: exit code 2 and one clear line', async (args, message) => {
    const { exitCode, stdout, stderr } = await netsplitHere(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.js/);
  });
});

describe('netsplit decode pdu', () => {
  it('says what an event is called, who must have signed it, and what redaction takes', async () => {
    const { exitCode, stdout } = await netsplitHere('decode', 'pdu', JSON.stringify(pdu), '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      roomVersion: '11',
      versionFrom: 'assumed',
      eventId: expect.stringMatching(/^\$[\w-]{43}$/) as string,
      contentHash: { matches: false },
      signatures: { present: ['two.example ed25519:1'], missing: ['one.example'] },
      lostByRedaction: ['body', 'msgtype'],
    });
    const text = (await netsplitHere('decode', 'pdu', JSON.stringify(pdu), '--room-version', '10')).stdout;
    expect(text).toMatch(/^room version +10 \(as told\)$/m);
    expect(text).toMatch(/does not match: receivers redact it/);
  });

  it.each([
    ['{"type":', /not a PDU: /],
    ['[]', /not a PDU: expected a JSON object/],
    [JSON.stringify({ ...pdu, depth: 'deep' }), /not a PDU of room version 11 \(assumed\): .*depth/],
    [
      JSON.stringify({ ...pdu, type: 'm.room.create', content: { room_version: '99' } }),
      /room version "99", which is not known/,
    ],
    [`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`, /not a PDU: /],
  ])('%s: exit code 2 and one clear line', async (text, message) => {
    const { exitCode, stdout, stderr } = await netsplitHere('decode', 'pdu', text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
