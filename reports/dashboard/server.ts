// The dashboard's server: built pages, the store read-only as JSON, and the run under way as a stream of events.
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { packageFile } from '../../scenarios/package-file.ts';
import { listRuns, readRun, StoreError } from '../store.ts';
import type { LiveRun } from './live-run.ts';
import { summaryOf } from './run-summary.ts';
import type { LiveState } from './wire.ts';

/** What the dashboard shows, and where it listens. */
export interface DashboardOptions {
  /** Folder of run folders. */
  readonly store: string;
  /** The run under way, when the same process makes one. */
  readonly live?: LiveRun | undefined;
  /** Folder of the built page; the package's own when left out. */
  readonly assets?: string | undefined;
}

/** Milliseconds of wall time between two pictures of a run under way. */
const pictureInterval = 400;

/** Without a name of this machine in it, a request comes from a page that pretends to be this one (DNS rebinding). */
const ownNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

const onlyThisMachine: RequestHandler = (request, response, next) => {
  if (ownNames.test(request.headers.host ?? '')) next();
  else response.status(403).type('text').send('The dashboard answers only to the name of its own machine.\n');
};

const security = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'self'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // The page comes over plain HTTP from this machine.
  strictTransportSecurity: false,
});

const explainErrors: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const known = error instanceof StoreError;
  response
    .status(known ? 404 : 500)
    .json({ problem: error instanceof Error ? error.message : String(error) });
};

/** The application, not yet listening. */
export function createDashboard({ store, live, assets }: DashboardOptions): Express {
  const pages = assets ?? packageFile('dist', 'dashboard');
  const app = express();
  app.disable('x-powered-by');
  app.use(onlyThisMachine, security);
  app.get('/api/runs', async (_request, response) => {
    response.set('cache-control', 'no-store').json((await listRuns(store)).map(summaryOf));
  });
  app.get('/api/runs/:id', async (request, response) => {
    response.set('cache-control', 'no-store').json(await readRun(store, request.params.id));
  });
  app.get('/api/live', (_request, response) => streamLive(response, live));
  app.use(
    '/api',
    (_request, response) => void response.status(404).json({ problem: 'there is no such resource' }),
  );
  app.use(express.static(pages, { index: 'index.html' }));
  app.use((_request, response) => {
    const built = existsSync(join(pages, 'index.html'));
    response
      .status(built ? 404 : 503)
      .type('text')
      .send(built ? 'There is no such page.\n' : 'The page is not built: run `npm run build`.\n');
  });
  app.use(explainErrors);
  return app;
}

/** Sends the state whenever it has changed, at most every `pictureInterval`, and one empty picture when nothing runs. */
function streamLive(response: Response, live: LiveRun | undefined): void {
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  const send = (state: LiveState | null): void =>
    void response.write(`event: state\ndata: ${JSON.stringify(state)}\n\n`);
  if (live?.state === undefined) send(null);
  let waiting: NodeJS.Timeout | undefined;
  const stop = live?.listen(() => {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      if (live.state !== undefined) send(live.state);
    }, pictureInterval);
  });
  response.on('close', () => {
    stop?.();
    clearTimeout(waiting);
  });
}

/** A dashboard that listens. */
export interface ServedDashboard {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Listens on this machine only.
 * @param port 0 takes a free one
 * @throws Error when the port is taken
 */
export async function serveDashboard(options: DashboardOptions, port: number): Promise<ServedDashboard> {
  const server = await listening(createDashboard(options), port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://localhost:${address.port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const loopback = '127.0.0.1';

function listening(app: Express, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, loopback, (error) => {
      if (error === undefined) resolve(server);
      else reject(error);
    });
  });
}
