import { describe, expect, it } from 'vitest';
import type { UserMessageId } from '../../../protocol/message.ts';
import { encodeInto } from '../../../protocol/codec.ts';
import { signalCodec } from '../../../protocol/signal/codec.ts';
import type { AccountId, QueueId, SignalMessage } from '../../../protocol/signal/messages.ts';
import { fc, property } from '../../support/property.ts';

const text = fc.string();
const account = text as fc.Arbitrary<AccountId>;
const queue = text as fc.Arbitrary<QueueId>;
const carries = fc.array(fc.nat() as fc.Arbitrary<UserMessageId>, { maxLength: 3 });
const envelope = fc.record({
  guid: text,
  source: account,
  timestamp: fc.nat(),
  content: fc.string({ unit: 'grapheme' }),
  urgent: fc.boolean(),
});
const device = fc.record({
  id: fc.nat(),
  platform: fc.constantFrom('android', 'ios'),
  pushToken: text,
  lastSeenDay: fc.nat(),
});
const record = fc.record({ account, devices: fc.array(device), dayOffsetMs: fc.nat() });
const event = fc.constantFrom('available', 'persisted', 'displaced');

/** One arbitrary per kind: a kind without one does not compile. */
const fields: { readonly [Kind in SignalMessage['kind']]: Record<string, fc.Arbitrary<unknown>> } = {
  'signal.login': { account, device: fc.nat() },
  'signal.received': { guid: text },
  'signal.delivery': { envelope },
  'signal.queue-empty': {},
  'signal.send': {
    source: account,
    recipients: fc.array(account),
    timestamp: fc.nat(),
    content: text,
    urgent: fc.boolean(),
  },
  'signal.get-pre-keys': { source: account, accounts: fc.array(account) },
  'signal.pre-keys': { accounts: fc.array(account) },
  'signal.accounts-get': { accounts: fc.array(account) },
  'signal.accounts': { records: fc.array(record) },
  'signal.accounts-put': { records: fc.array(record) },
  'signal.take': { bucket: fc.constantFrom('send', 'pre-keys', 'uploads'), keys: fc.array(text) },
  'signal.taken': { retryAfterMs: fc.nat() },
  'signal.queue-insert': { queues: fc.array(queue), envelope },
  'signal.stale-queues': { ageMs: fc.nat() },
  'signal.queues': { queues: fc.array(queue) },
  'signal.subscribe': { queue },
  'signal.unsubscribe': { queue },
  'signal.notice': { queue, event },
  'signal.publish': { queues: fc.array(queue), event },
  'signal.published': { absent: fc.array(queue) },
  'signal.queue-read': { queue, after: fc.nat() },
  'signal.queue-page': { envelopes: fc.array(envelope), next: fc.nat() },
  'signal.queue-remove': { queue, guids: fc.array(text) },
  'signal.queue-removed': { guids: fc.array(text) },
  'signal.table-insert': { queue, envelopes: fc.array(envelope) },
  'signal.table-seen': { account, device: fc.nat(), day: fc.nat() },
  'signal.done': {},
  'signal.put-keys': { account, count: fc.nat() },
  'signal.key-count': { account },
  'signal.keys-left': { count: fc.nat() },
  'signal.provision': { account },
  'signal.link-device': { account, device },
  'signal.register': { account },
  'signal.verify': { account },
  'signal.upload-form': { account },
  'signal.group-put': { group: text, members: fc.array(account) },
  'signal.group-join': { group: text, member: account },
  'signal.storage-read': { account },
  'signal.object-put': { key: text, bytes: fc.nat(2_000) },
  'signal.object-get': { key: text },
  'signal.object': { bytes: fc.nat(2_000) },
  'signal.ask-enclave': { account },
  'signal.replicate': {
    change: fc.record({
      kind: fc.constant('signal.queue-remove'),
      queue,
      guids: fc.array(text),
      carries: fc.constant([]),
    }),
  },
};

const message = fc
  .constantFrom(...(Object.keys(fields) as SignalMessage['kind'][]))
  .chain((kind) =>
    fc.record({ kind: fc.constant(kind), carries, ...fields[kind] }),
  ) as unknown as fc.Arbitrary<SignalMessage>;

describe('codec', () => {
  property([message])('reads back what it wrote, in as many bytes as it said', (original) => {
    const bytes = signalCodec.encode(original);
    expect(bytes.length).toBe(signalCodec.byteLength(original));
    expect(signalCodec.decode(bytes, original.carries)).toEqual(original);
  });

  property([message, fc.nat(300)])(
    'writes the same bytes into a larger array, or says that they do not fit',
    (each, at) => {
      const bytes = signalCodec.encode(each);
      const target = new Uint8Array(at + bytes.length);
      expect(encodeInto(signalCodec, each, target, at)).toBe(target.length);
      expect(target.subarray(at)).toEqual(bytes);
      const short = target.subarray(0, -1);
      expect(encodeInto(signalCodec, each, short, at)).toBeGreaterThan(short.length);
    },
  );

  property([message, fc.nat(), fc.integer({ min: 0, max: 255 })])(
    'makes nothing worse than another message of hostile bytes',
    (original, position, value) => {
      const bytes = signalCodec.encode(original);
      bytes[position % bytes.length] = value;
      const decoded = signalCodec.decode(bytes, []);
      if (decoded !== undefined) expect(Object.keys(fields)).toContain(decoded.kind);
    },
  );

  it('rejects bytes that are cut short, too long, of no kind, or hold what a field cannot be', () => {
    const valid = signalCodec.encode({
      kind: 'signal.notice',
      queue: 'a' as QueueId,
      event: 'available',
      carries: [],
    });
    const changed = (position: number, value: number): Uint8Array => {
      const bytes = valid.slice();
      bytes[position] = value;
      return bytes;
    };
    expect(signalCodec.decode(valid, [])).toBeDefined();
    const hostile = {
      empty: new Uint8Array(0),
      'cut short': valid.subarray(0, valid.length - 1),
      'too long': Uint8Array.from([...valid, 0]),
      'of no kind': changed(0, 200),
      'no event': changed(valid.length - 1, 0x7a),
      'a length beyond the end': changed(60, 0x7f),
      'a number without end': changed(60, 0xff),
      'no UTF-8': changed(61, 0xff),
    };
    for (const [name, bytes] of Object.entries(hostile)) {
      expect([name, signalCodec.decode(bytes, [])]).toEqual([name, undefined]);
    }
  });
});
