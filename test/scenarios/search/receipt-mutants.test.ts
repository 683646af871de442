// Each check on the receipt of a PDU by itself off: drawn PDUs, damaged in any place, soon show what it kept out. Who looks finds the
// scenes made for each in test/protocol/matrix/federation/check-mutants.test.ts; here nobody has told what to look for.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { KeyRing } from '../../../protocol/matrix/federation/key-ring.ts';
import { PduCache } from '../../../protocol/matrix/federation/pdu-checks.ts';
import { HostedRoom } from '../../../protocol/matrix/hosted-room.ts';
import type { ServerName } from '../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import {
  Credulous,
  Hashless,
  Limitless,
  Sizeless,
  withoutCheckAgainst,
  withoutCitationCheck,
} from '../../support/mutants.ts';
import { firstBrokenReceipt, type Guard } from '../../support/receipt-search.ts';

const version = '11';
const rules = present(specifiedRoomVersions.get(version), version);
const isSoak = process.env['SOAK'] !== undefined;
const budget = isSoak ? 2_000 : 200;
const without = (pdus: PduCache): Guard => ({ rules, pdus });

/** Keys are good for ever. */
function keysForEver(): Guard {
  vi.spyOn(KeyRing.prototype, 'isGood').mockReturnValue(true);
  vi.spyOn(KeyRing.prototype, 'lookupAt').mockImplementation(function (this: KeyRing) {
    return (server, keyId) => this.keyOf(server as ServerName, keyId, 0);
  });
  return without(new PduCache());
}

function everyServer(): Guard {
  vi.spyOn(HostedRoom.prototype, 'allowsServer').mockReturnValue(true);
  return without(new PduCache());
}

const checks: readonly (readonly [string, () => Guard])[] = [
  ['the length of an event', () => without(new Sizeless())],
  ['the number of predecessors', () => without(new Limitless('format.prev-events'))],
  ['the length of names', () => without(new Limitless('format.size'))],
  ['signatures', () => without(new Credulous())],
  ['the time for which keys are good', keysForEver],
  ['the content hash', () => without(new Hashless())],
  ['who may take part', everyServer],
  ['the list of authorities', () => ({ ...without(new PduCache()), rules: withoutCitationCheck(rules) })],
  ...(['auth-events', 'state-before', 'current-state'] as const).map(
    (against): readonly [string, () => Guard] => [
      `the check against ${against}`,
      () => ({ ...without(new PduCache()), rules: withoutCheckAgainst(rules, against) }),
    ],
  ),
];

/** Those that show in the first hundred histories; SOAK=1 tries all. */
const soonFound = [
  'the length of an event',
  'signatures',
  'the time for which keys are good',
  'who may take part',
  'the list of authorities',
  'the check against auth-events',
];

afterEach(() => vi.restoreAllMocks());

describe('drawn PDUs', () => {
  it('break no promise where every check is on', () => {
    expect(firstBrokenReceipt(() => without(new PduCache()), isSoak ? 2_000 : 100)).toBeUndefined();
  });

  it.each(checks.filter(([name]) => isSoak || soonFound.includes(name)))(
    'show the loss of %s',
    (name, guard) => {
      const began = performance.now();
      const found = firstBrokenReceipt(guard, budget);
      if (isSoak) {
        const seconds = ((performance.now() - began) / 1_000).toFixed(1);
        console.log(`${name} | ${found?.promise ?? '–'}, history ${found?.history ?? '–'} | ${seconds} s`);
      }
      expect(found).toBeDefined();
    },
  );
});
