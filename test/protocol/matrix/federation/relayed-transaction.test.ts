// A transaction that a relay on the same node hands on says what another server had to say, and not that it is there now.
import { expect, it } from 'vitest';
import type { Address, RequestId } from '../../../../protocol/core.ts';
import { minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

function world(): MatrixWorld {
  const made = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) made.addServer(name);
  made.addRoom('12', ['@a:hs1', '@b:hs2']);
  made.start();
  made.crash('hs1');
  made.say('@b:hs2');
  made.run(minutes(20));
  return made;
}

/** hs2 is given a transaction of hs1 by whoever this is. */
function given(made: MatrixWorld, from: string): void {
  const transaction = {
    kind: 'matrix.transaction',
    origin: 'hs1',
    destination: 'hs2',
    txnId: from,
    originServerTs: 0,
    pdus: [],
    edus: [],
    carries: [],
  };
  const id = 1_000_000 as RequestId;
  made.input('hs2', { kind: 'request', id, from: from as Address, message: transaction });
  made.run(seconds(1));
}

it('leaves the back-off alone, which its origin would have ended', () => {
  const relayed = world();
  expect(relayed.situations('hs2').get('matrix.federation.backoff')).toBeGreaterThan(0);
  given(relayed, 'local:relay');
  expect(relayed.situations('hs2').get('matrix.federation.woken-by-peer')).toBeUndefined();
  const direct = world();
  given(direct, 'hs1');
  expect(direct.situations('hs2').get('matrix.federation.woken-by-peer')).toBe(1);
});
