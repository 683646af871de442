// Requests as no page makes them: every one is answered, none with a failure of the server, nothing outside is handed out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import fc from 'fast-check';
import { saveRun } from '../../reports/store.ts';
import { openDashboard, rawRequest, type TestDashboard } from '../support/dashboard.ts';
import { mangledText } from '../support/mangled.ts';
import { plantedRun } from '../support/planted-run.ts';

const numRuns = process.env['MODE'] === 'soak' ? 5_000 : 60;

let dashboard: TestDashboard;
let id: string;
beforeAll(async () => {
  dashboard = await openDashboard();
  ({ id } = await saveRun(dashboard.store, plantedRun()));
});
afterAll(() => dashboard.close());

/** What a request line and a header may hold at all: the rest is the sender's own mistake. */
const sendable = (text: string): string => encodeURI(text.toWellFormed()).replaceAll('%25', '%');

const paths = [
  '/api/runs/RUN/replay?system=signal',
  '/api/runs/RUN/moves?system=signal&from=0',
  '/api/runs/RUN/day?person=0',
  '/api/runs/RUN/file/run.json',
  '/api/runs/RUN/divergence',
  '/api/compare?left=RUN&right=RUN',
  '/api/campaigns/none?figure=within-1m',
  '/api/scenarios/small-town/values',
  '/assets/index.js',
];

it('whatever the path', async () => {
  await fc.assert(
    fc.asyncProperty(mangledText(paths), async (text) => {
      const path = `/${sendable(text.replaceAll('RUN', id)).replace(/^\/+/, '')}`;
      const { status, text: answer } = await rawRequest(dashboard.served.url, { path });
      expect(status, path).toBeLessThan(500);
      expect(answer).not.toContain(dashboard.folder);
    }),
    { numRuns },
  );
});

const bodies = [
  { kind: 'run', scenario: 'small-town', seed: 1, systems: ['nothing'], set: ['people.count=3'] },
  { kind: 'campaign', scenario: 'small-town', seeds: '9..1', vary: ['people.count=1..9:3'] },
].map((body) => JSON.stringify(body));
const rooms = [JSON.stringify({ text: '{"events":[]}', name: 'room.json', algorithms: ['v2'] })];

it('whatever the body', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        mangledText(bodies).map((body) => ({ path: '/api/work', body })),
        mangledText(rooms).map((body) => ({ path: '/api/room', body })),
      ),
      async ({ path, body }) => {
        const headers = { 'content-type': 'application/json', 'x-netsplit-page': '1' };
        const { status, text } = await rawRequest(dashboard.served.url, {
          method: 'POST',
          path,
          headers,
          body,
        });
        expect(status, body).toBeGreaterThanOrEqual(200);
        expect(status, `${body}\n${text}`).toBeLessThan(500);
      },
    ),
    { numRuns },
  );
});
