// Idle connections: which one is taken, and when they are closed, to the microsecond.
import { describe, expect, it } from 'vitest';
import { seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createConnection, type Connection, type Endpoint } from '../../../sim/network/connection.ts';
import { Pools } from '../../../sim/network/pools.ts';
import type { Station } from '../../../sim/network/station.ts';
import { at, euEndpoint } from '../../support/network.ts';

const endpointOf = (connectionLifetime?: Duration): Endpoint =>
  ({
    spec: { ...euEndpoint, ...(connectionLifetime === undefined ? {} : { connectionLifetime }) },
  }) as Endpoint;
const endpoint = endpointOf();
const link = { tag: 'link', options: { timeout: seconds(30) } };

/** Pools, and what they closed, by number. */
function pooled(): {
  pools: Pools;
  closed: number[];
  open: (openedAt?: Instant, to?: Endpoint, node?: number) => Connection;
} {
  const closed: number[] = [];
  let last = 0;
  return {
    closed,
    pools: new Pools((connection) => {
      expect(connection.closed).toBe(false);
      connection.closed = true;
      closed.push(connection.id);
    }),
    open: (openedAt = at(0), to = endpoint, node = 0) =>
      createConnection(
        ++last,
        to,
        { place: 0 } as unknown as Station,
        { node, part: 'app' },
        undefined,
        openedAt,
      ),
  };
}

/** A microsecond earlier. */
const before = (instant: Instant): Instant => (instant - 1) as Instant;

describe('a pool', () => {
  it('gives the connection that was used last, of this node and endpoint alone, each once', () => {
    const { pools, closed, open } = pooled();
    const [one, two] = [open(), open()];
    const [elsewhere, ofOther] = [open(at(0), endpointOf()), open(at(0), endpoint, 1)];
    for (const [second, connection] of [one, two, elsewhere, ofOther].entries())
      pools.giveBack(connection, at(second));
    expect(pools.take(0, endpoint, at(10))).toBe(two);
    expect(pools.take(0, endpoint, at(10))).toBe(one);
    expect(pools.take(0, endpoint, at(10))).toBeUndefined();
    expect(pools.take(0, elsewhere.endpoint, at(10))).toBe(elsewhere);
    expect(pools.take(1, endpoint, at(10))).toBe(ofOther);
    expect(pools.take(2, endpoint, at(10))).toBeUndefined();
    expect(closed).toEqual([]);
  });

  it('holds no link, nothing that is closed, and nothing of a node that went down', () => {
    const { pools, closed, open } = pooled();
    const isLink = { ...open(), link };
    const wasClosed = open();
    wasClosed.closed = true;
    for (const connection of [isLink, wasClosed]) pools.giveBack(connection, at(1));
    expect(pools.take(0, endpoint, at(2))).toBeUndefined();
    const [later, sooner] = [open(), open()];
    pools.giveBack(sooner, at(3));
    pools.giveBack(later, at(3));
    later.closed = true;
    expect(pools.take(0, endpoint, at(4))).toBe(sooner);
    pools.giveBack(sooner, at(5));
    pools.forget(0);
    expect(pools.take(0, endpoint, at(6))).toBeUndefined();
    expect(closed).toEqual([]);
  });

  it('keeps a connection for less than two idle minutes, counted from its last use', () => {
    const { pools, closed, open } = pooled();
    const connection = open();
    pools.giveBack(connection, at(0));
    expect(pools.take(0, endpoint, before(at(120)))).toBe(connection);
    pools.giveBack(connection, at(200));
    expect(pools.take(0, endpoint, before(at(320)))).toBe(connection);
    pools.giveBack(connection, at(400));
    expect(pools.take(0, endpoint, at(520))).toBeUndefined();
    expect(closed).toEqual([connection.id]);
  });

  it('gives no connection as old as its endpoint allows, however busy', () => {
    const { pools, closed, open } = pooled();
    const shortLived = endpointOf(seconds(50));
    const connection = open(at(10), shortLived);
    pools.giveBack(connection, at(59));
    expect(pools.take(0, shortLived, before(at(60)))).toBe(connection);
    pools.giveBack(connection, before(at(60)));
    expect(pools.take(0, shortLived, at(60))).toBeUndefined();
    expect(closed).toEqual([connection.id]);
  });

  it('closes what has been idle for two minutes when another one comes back, and not what is in use or was', () => {
    const { pools, closed, open } = pooled();
    const [idle, used, reused, busy] = [open(), open(), open(), open()];
    for (const connection of [idle, used, reused]) pools.giveBack(connection, at(0));
    expect(pools.take(0, endpoint, at(1))).toBe(reused);
    expect(pools.take(0, endpoint, at(1))).toBe(used);
    used.request = {} as never;
    pools.giveBack(reused, at(60));
    pools.giveBack(busy, before(at(120)));
    expect(closed).toEqual([]);
    pools.take(0, endpoint, before(at(120)));
    pools.giveBack(busy, at(120));
    expect(closed).toEqual([idle.id]);
    pools.take(0, endpoint, at(120));
    pools.giveBack(busy, at(180));
    expect(closed).toEqual([idle.id, reused.id]);
    expect(pools.take(0, endpoint, at(180))).toBe(busy);
    expect(pools.take(0, endpoint, at(180))).toBeUndefined();
    expect(closed).toEqual([idle.id, reused.id]);
  });

  it('does so however many come, each once and in order', () => {
    const { pools, closed, open } = pooled();
    // One a tenth of a second: 1,200 are idle for less than two minutes.
    for (let count = 1; count <= 3_500; count++) {
      pools.giveBack(open(), (count * 100_000) as Instant);
      expect(closed).toHaveLength(Math.max(0, count - 1_200));
    }
    expect(closed).toEqual(Array.from({ length: 2_300 }, (_, index) => index + 1));
    expect(pools.take(0, endpoint, at(350))?.id).toBe(3_500);
  });
});
