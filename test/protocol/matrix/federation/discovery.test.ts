// Servers that are not where their names are: what is remembered of where they are, how long, and what becomes of it when the
// web server that says so is silent, gone, or wrong.
import { describe, expect, it } from 'vitest';
import type { Address, Effects } from '../../../../protocol/core.ts';
import { noCause, type CauseToken, type Failure } from '../../../../protocol/failure.ts';
import { elementX } from '../../../../protocol/matrix/client-profiles.ts';
import { Discovery } from '../../../../protocol/matrix/federation/discovery.ts';
import { dendriteProfile, synapseProfile } from '../../../../protocol/matrix/federation/profiles.ts';
import { SynapseWellKnownMemory } from '../../../../protocol/matrix/federation/well-known-memory.ts';
import type { ServerName } from '../../../../protocol/matrix/ids.ts';
import type { Message } from '../../../../protocol/message.ts';
import {
  after,
  hours,
  minutes,
  seconds,
  type Clock,
  type Instant,
  type WallTime,
} from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

/** hs1 and hs2 share a room; hs2 is elsewhere. */
function begin(profile = synapseProfile, maxAgeSeconds?: number): MatrixWorld {
  const world = new MatrixWorld();
  world.addServer('hs1', profile);
  world.addServer('hs2');
  world.delegated.set('hs2', maxAgeSeconds === undefined ? {} : { maxAgeSeconds });
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start(elementX);
  return world;
}

function asked(world: MatrixWorld): number {
  return world.situations('hs1').get('matrix.discovery.well-known-asked') ?? 0;
}

/** Says something and lets so much time pass. */
function said(world: MatrixWorld, during = minutes(1)): boolean {
  const message = world.say('@a:hs1');
  world.run(during);
  return world.readBy('@b:hs2').includes(message);
}

describe('the order of https://spec.matrix.org/v1.16/server-server-api/#resolving-server-names', () => {
  const clock: Clock = { now: 0 as Instant, wall: 0 as WallTime };
  const unresolved = (answer: 'nxdomain' | 'empty' | 'servfail'): Failure => ({
    kind: 'unresolved',
    answer,
    definite: true,
    cause: noCause,
  });
  const noFile: Failure = { kind: 'status', status: 404, definite: false, cause: noCause };

  /** Where a server looks for `hs2` in turn, when it is answered so. */
  function lookedAt(file: string | Failure, ...answers: readonly Failure[]): readonly string[] {
    const asked: { readonly to: string; readonly tag: string }[] = [];
    const out = {
      request: (to: string, tag: string) => void asked.push({ to, tag }),
      observe: () => undefined,
      setTimer: () => undefined,
      cancelTimer: () => undefined,
    } as unknown as Effects;
    const memory = new SynapseWellKnownMemory({ uniform: () => 0.5 } as never);
    const knowledge = { isElsewhere: () => true, remembered: () => undefined as never };
    const discovery = new Discovery(knowledge, memory, false, false);
    const message = { kind: 'matrix.get-event', destination: 'hs2', carries: [] } as unknown as Message;
    discovery.request(clock, 'hs2' as Address, 'question', message, { timeout: minutes(1) }, out);
    const wellKnown = { kind: 'matrix.well-known', delegatedTo: file, carries: [] } as unknown as Message;
    const first = typeof file === 'string' ? { ok: true, message: wellKnown } : { ok: false, failure: file };
    for (const result of [first, ...answers.map((failure) => ({ ok: false, failure }))])
      discovery.answered(clock, asked.at(-1)!.tag, result as never, out);
    return asked.map(({ to }) => to);
  }

  const records = ['_matrix-fed._tcp.hs2', '_matrix._tcp.hs2'];

  it('the file, the service record, the old one, the name itself', () => {
    expect(lookedAt(noFile, unresolved('nxdomain'), unresolved('empty'))).toEqual([
      'hs2:443',
      ...records,
      'hs2',
    ]);
  });

  it('a file that names a port leads straight there; one without, to the records of the name in it', () => {
    expect(lookedAt('there.example:8443')).toEqual(['hs2:443', 'there.example:8443']);
    expect(lookedAt('there.example', unresolved('nxdomain'))).toEqual([
      'hs2:443',
      '_matrix-fed._tcp.there.example',
      '_matrix._tcp.there.example',
    ]);
  });

  it('a resolver that fails, and a server that refuses, are no reason to look further', () => {
    expect(lookedAt(noFile, unresolved('servfail'))).toEqual(['hs2:443', records[0]]);
    const refused: Failure = { kind: 'refused', definite: true, cause: noCause };
    expect(lookedAt(noFile, refused)).toEqual(['hs2:443', records[0]]);
  });
});

describe('Synapse', () => {
  it('asks no web server while it remembers, and asks in the last fifth of a day', () => {
    const world = begin();
    expect(said(world)).toBe(true);
    expect(asked(world)).toBe(0);
    world.run(hours(17));
    expect(said(world)).toBe(true);
    expect(asked(world)).toBe(0);
    world.run(hours(4));
    expect(said(world)).toBe(true);
    expect(asked(world)).toBeGreaterThan(0);
    const before = asked(world);
    expect(said(world)).toBe(true);
    expect(asked(world)).toBe(before);
  });

  it('goes on with what it knows while the web server refuses, and notes no failure', () => {
    const world = begin();
    world.run(hours(18));
    world.run(hours(2));
    world.crash('hs2:443');
    expect(said(world)).toBe(true);
    const before = asked(world);
    expect(before).toBeGreaterThan(2);
    expect(said(world)).toBe(true);
    expect(asked(world)).toBeGreaterThan(before);
  });

  it('is held up by a web server that is silent, even with a file that is still good', () => {
    const world = begin();
    world.run(hours(20));
    world.cut('hs1', 'hs2:443');
    // Three attempts of 30 s do not fit into a request of 60 s, so that it never comes to using what is known.
    expect(said(world, minutes(5))).toBe(false);
    expect(world.situations('hs1').get('matrix.discovery.well-known-in-vain')).toBeUndefined();
  });

  it('has forgotten after a restart, finds nobody at the bare name, and tries the web server once an hour', () => {
    const world = begin();
    world.crash('hs1');
    world.crash('hs2:443');
    world.restart('hs1');
    world.run(seconds(1));
    expect(said(world, minutes(20))).toBe(false);
    expect(asked(world)).toBe(1);
    expect(world.situations('hs1').get('matrix.federation.backoff')).toBeGreaterThan(0);
  });

  it('keeps a file as long as it says, within five minutes and two days', () => {
    const shortLived = begin(synapseProfile, 1);
    shortLived.run(minutes(3));
    expect(said(shortLived)).toBe(true);
    expect(asked(shortLived)).toBe(0);
    shortLived.run(minutes(1));
    expect(said(shortLived)).toBe(true);
    expect(asked(shortLived)).toBeGreaterThan(0);
  });

  it('asks anew two minutes after a file that was there is gone, an hour where there never was one', () => {
    const memory = new SynapseWellKnownMemory({
      uniform: () => 0.5,
      integer: () => 0,
      bytes: () => new Uint8Array(),
    });
    const [had, never] = ['had', 'never'] as ServerName[];
    const start = 0 as Instant;
    memory.came(had!, start, { delegatedTo: 'x:1' as Address, maxAgeSeconds: 300 });
    const gone = after(start, minutes(10));
    const cause = 7 as CauseToken;
    expect(memory.attempts(had!, gone)).toBe(3);
    expect(memory.attempts(never!, gone)).toBe(1);
    for (const server of [had!, never!])
      expect(memory.failed(server, gone, true, cause)).toEqual({ delegatedTo: undefined, cause });
    expect(memory.fresh(had!, after(gone, seconds(95)))?.cause).toBe(cause);
    expect(memory.fresh(had!, after(gone, seconds(97)))).toBeUndefined();
    expect(memory.fresh(never!, after(gone, minutes(47)))?.cause).toBe(cause);
    expect(memory.fresh(never!, after(gone, minutes(49)))).toBeUndefined();
  });

  it('drops a file that is answered 404 at once, though it was still good', () => {
    const memory = new SynapseWellKnownMemory({
      uniform: () => 0.5,
      integer: () => 0,
      bytes: () => new Uint8Array(),
    });
    const server = 'a' as ServerName;
    memory.came(server, 0 as Instant, { delegatedTo: 'x:1' as Address, maxAgeSeconds: 3_600 });
    const late = after(0 as Instant, minutes(50));
    expect(memory.failed(server, late, true, noCause).delegatedTo).toBe('x:1');
    expect(memory.failed(server, late, false, noCause).delegatedTo).toBeUndefined();
  });
});

describe('Dendrite', () => {
  it('keeps what it knows for as long as it leads somewhere', () => {
    const world = begin(dendriteProfile);
    world.crash('hs2:443');
    world.run(hours(72));
    expect(said(world)).toBe(true);
    expect(asked(world)).toBe(0);
  });

  it('asks anew, once, when it led nowhere', () => {
    const world = begin(dendriteProfile);
    world.crash('hs2');
    expect(said(world, seconds(1))).toBe(false);
    expect(asked(world)).toBe(1);
    world.restart('hs2');
    world.run(minutes(1));
    expect(said(world)).toBe(true);
  });
});
