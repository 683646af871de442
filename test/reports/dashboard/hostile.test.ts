// What strangers and other pages may try: none of it comes to anything.
import { connect } from 'node:net';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveDashboard } from '../../../reports/dashboard/server.ts';
import { saveRun } from '../../../reports/store.ts';
import { openDashboard, rawRequest, type TestDashboard } from '../../support/dashboard.ts';
import { plantedRun } from '../../support/planted-run.ts';

const ask = JSON.stringify({ kind: 'run', scenario: 'small-town' });
const asJson = { 'content-type': 'application/json', 'x-netsplit-page': '1' };

describe('a hostile asker', () => {
  let dashboard: TestDashboard;
  let url: string;
  let id: string;
  beforeAll(async () => {
    dashboard = await openDashboard();
    ({ url } = dashboard.served);
    ({ id } = await saveRun(dashboard.store, plantedRun()));
    writeFileSync(join(dashboard.folder, 'secret.json'), '{"secret":true}');
  });
  afterAll(() => dashboard.close());

  it('with another site’s name is refused (DNS rebinding)', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80'])
      expect((await rawRequest(url, { path: '/api/runs', headers: { host } })).status).toBe(403);
  });

  it('on another page changes nothing', async () => {
    const { host } = new URL(url);
    const foreign: readonly Record<string, string>[] = [
      { ...asJson, origin: 'https://evil.example' },
      { ...asJson, origin: 'null' },
      { ...asJson, origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
      { ...asJson, 'sec-fetch-site': 'same-site' },
      { 'content-type': 'application/json' },
      { 'content-type': 'text/plain', origin: `http://${host}` },
    ];
    for (const headers of foreign) {
      expect((await rawRequest(url, { method: 'POST', path: '/api/work', headers, body: ask })).status).toBe(
        403,
      );
      expect((await rawRequest(url, { method: 'DELETE', path: '/api/work/1', headers })).status).toBe(403);
    }
    expect(JSON.parse((await rawRequest(url, { path: '/api/work' })).text)).toEqual([]);
  });

  it('gets no file by a path of his own', async () => {
    const paths = [
      '/../secret.json',
      '/..%2fsecret.json',
      '/%2e%2e/secret.json',
      '/assets/../../secret.json',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.json',
      '/..\\secret.json',
      '/api/runs/..%2F..%2Fsecret.json',
      '/api/runs/%2e%2e',
      '/api/runs/..%5c..',
      `/api/runs/${id}/file/..%2F..%2Fsecret.json`,
      `/api/runs/${id}%2F..%2F..%2Fsecret/file/run.json`,
      `/api/runs/${id}/file/%00run.json`,
      '/api/runs/%ff',
      '/%00',
      '/api/scenarios/..%2F..%2Fpackage/values',
    ];
    for (const path of paths) {
      const { status, text } = await rawRequest(url, { path });
      expect([400, 403, 404], path).toContain(status);
      expect(text).not.toContain('secret":true');
    }
  });

  it('cannot have another file read by what he asks to be run', async () => {
    for (const change of [
      { scenario: '../../../../etc/passwd' },
      { scenario: '/etc/passwd' },
      { scenario: 'campus-from-trace', set: ['movement.trace=/etc/passwd'] },
      { scenario: 'small-town', set: ['movement={"model":"contact-trace","trace":"/etc/passwd"}'] },
      { scenario: 'small-town', file: '/etc/passwd' },
      { scenario: 'small-town', set: ['room=/etc/passwd'] },
      { kind: 'campaign', scenario: 'small-town', seeds: '1', vary: ['room=/etc/passwd,/etc/group'] },
      { kind: 'campaign', scenario: 'campus-from-trace', seeds: '1', vary: ['movement.trace=/etc/passwd'] },
    ]) {
      const body = JSON.stringify({ kind: 'run', ...change });
      const { status, text } = await rawRequest(url, {
        method: 'POST',
        path: '/api/work',
        headers: asJson,
        body,
      });
      expect(status, body).toBe(400);
      expect(text).not.toContain('root:');
      if ('set' in change || 'vary' in change) expect(text).toContain('only on the command line');
    }
  });

  it('with huge or malformed bodies is told so', async () => {
    const bodies: readonly (readonly [string, number])[] = [
      ['x'.repeat(70_000), 413],
      ['{"kind":', 400],
      ['[]', 400],
      ['null', 400],
      ['{"kind":"run","scenario":"small-town","extra":1}', 400],
      [JSON.stringify({ kind: 'run', scenario: 'small-town', set: Array(300).fill('a=b') }), 400],
      [`{"__proto__":{"kind":"run"},"scenario":"small-town"}`, 400],
      [`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, 400],
    ];
    for (const [body, expected] of bodies) {
      const { status, text } = await rawRequest(url, {
        method: 'POST',
        path: '/api/work',
        headers: asJson,
        body,
      });
      expect(status, body.slice(0, 40)).toBe(expected);
      expect(JSON.parse(text)).toEqual({ problem: expect.any(String) as string });
    }
  });

  it('with a room too large, too deep or none at all is told so', async () => {
    const room = (text: string, extra: object = {}): string =>
      JSON.stringify({ text, name: 'room.json', algorithms: [], ...extra });
    const bodies: readonly (readonly [string, number])[] = [
      [room('x'.repeat(17 << 20)), 413],
      [room(''), 400],
      [room('{"events":'), 400],
      [room('['.repeat(200_000)), 400],
      [room('{"room_version":"11","events":[{}]}'), 400],
      [room('{}', { algorithms: ['v9'] }), 400],
      [room('{}', { at: 7 }), 400],
    ];
    for (const [body, expected] of bodies) {
      const { status, text } = await rawRequest(url, {
        method: 'POST',
        path: '/api/room',
        headers: asJson,
        body,
      });
      expect(status, body.slice(0, 60)).toBe(expected);
      expect(JSON.parse(text)).toEqual({ problem: expect.any(String) as string });
    }
  });

  it('who asks for what is not there in a run is told so', async () => {
    const paths = [
      '/day?person=99999',
      '/day?person=-1',
      '/replay?system=__proto__',
      '/moves?system=signal&from=1e9',
      '/message?system=signal&message=%3Cscript%3E',
      '/node?system=signal&node=..%2F..&at=Infinity',
      '/waits',
      '/rooms',
      '/chart/..%2F..%2Frun.svg',
      '/chart/nothing.svg',
      '/trace/nothing',
      '/links?system=nothing&at=1',
      '/links?system=signal&at=-1',
      '/rooms?system=signal&at=1e99',
      '/rooms?system=nothing&at=1',
      '/diagram/nothing.svg?message=0',
      '/diagram/signal.svg?message=1e9',
      '/diagram/signal.svg?message=%3Cscript%3E',
      '/diagram/signal.svg',
      '/diagram/signal.exe?message=0',
      '/diagram/..%2F..%2Frun.svg?message=0',
    ];
    for (const path of paths) {
      const { status, text } = await rawRequest(url, { path: `/api/runs/${id}${path}` });
      expect([400, 404], path).toContain(status);
      expect(JSON.parse(text)).toEqual({ problem: expect.any(String) as string });
    }
    const { status, text } = await rawRequest(url, { path: '/api/runs/nothere/divergence' });
    expect(status).toBe(404);
    // Where this machine keeps its runs is nobody's business.
    expect(text).toContain('nothere');
    expect(text).not.toContain(dashboard.folder);
    mkdirSync(dashboard.rooms);
    writeFileSync(join(dashboard.rooms, 'secret.txt'), 'no room');
    symlinkSync(join(dashboard.rooms, 'secret.txt'), join(dashboard.rooms, 'linked.json'));
    for (const path of [
      '/api/compare?left=..&right=..',
      '/api/campaigns/..%2F..',
      '/api/campaigns/none',
      '/api/room/..%2F..%2Fpackage.json',
      '/api/room/secret.txt',
      '/api/room/linked.json',
    ])
      expect((await rawRequest(url, { path })).status, path).toBe(404);
  });

  it('with scripts in names finds them as text, and logs that stay one line', async () => {
    const path = `/api/runs/${encodeURIComponent('<script>alert(1)</script>\n{"level":"forged"}')}`;
    const { status, headers, text } = await rawRequest(url, { path });
    expect(status).toBe(404);
    expect(headers['content-type']).toContain('application/json');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect((JSON.parse(text) as { problem: string }).problem).toContain('<script>');
    expect(JSON.stringify(dashboard.log.at(-1)).split('\n')).toHaveLength(1);
  });

  it('who is slow holds nobody up', async () => {
    const { port, hostname } = new URL(url);
    // Fifty who begin a request and never end it, fifty who ask and never read.
    const sockets = Array.from({ length: 100 }, (_, index) => {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.pause();
      socket.write(
        index % 2 === 0
          ? 'POST /api/work HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100'
          : `GET /api/runs/${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      return socket;
    });
    const { status } = await rawRequest(url, { path: '/api/runs' });
    expect(status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('who asks two hundred things at once gets two hundred answers', async () => {
    const paths = ['/api/runs', `/api/runs/${id}`, '/', '/api/work', '/api/scenarios'];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        rawRequest(url, { path: paths[index % paths.length] ?? '/' }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('who asks for more than can be thought about at once is told to come back', async () => {
    const answers = await Promise.all(
      Array.from({ length: 80 }, () =>
        rawRequest(url, {
          method: 'POST',
          path: '/api/work',
          headers: asJson,
          body: JSON.stringify({ kind: 'run', scenario: 'small-town', set: ['nothing.like.it=1'] }),
        }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400, 503]));
    const refused = answers.find(({ status }) => status === 503);
    expect(refused?.headers['retry-after']).toBeDefined();
    expect((await rawRequest(url, { path: '/api/runs' })).status).toBe(200);
  });
});

describe('beyond this machine', () => {
  const token = 'correct horse battery';

  it('it listens only with a token that is hard to guess', async () => {
    const options = { store: 'nowhere', campaigns: 'nowhere', rooms: 'nowhere' };
    await expect(serveDashboard({ ...options, host: '0.0.0.0' }, 0)).rejects.toThrow('needs a token');
    await expect(serveDashboard({ ...options, host: '0.0.0.0', token: 'short' }, 0)).rejects.toThrow(
      'at least 16 characters',
    );
  });

  it('it answers only to those who know the token', async () => {
    const dashboard = await openDashboard({ token });
    try {
      const { url } = dashboard.served;
      const status = async (
        headers: Record<string, string>,
        path = '/api/runs',
      ): Promise<number | undefined> => (await rawRequest(url, { path, headers })).status;
      expect(await status({})).toBe(401);
      expect(await status({}, '/')).toBe(401);
      expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
      expect(await status({ cookie: 'netsplit=%zz' })).toBe(401);
      expect(await status({}, '/?token=wrong')).toBe(401);
      expect(await status({ authorization: `Bearer ${token}`, host: 'box.example' })).toBe(200);
      const entry = await rawRequest(url, { path: `/?token=${encodeURIComponent(token)}` });
      expect(entry.status).toBe(303);
      const [cookie = ''] = entry.headers['set-cookie'] ?? [];
      expect(cookie).toContain('HttpOnly');
      expect(cookie).toContain('SameSite=Strict');
      expect(await status({ cookie: cookie.split(';')[0] ?? '' })).toBe(200);
      expect(JSON.stringify(dashboard.log)).not.toContain('horse');
    } finally {
      await dashboard.close();
    }
  });
});
