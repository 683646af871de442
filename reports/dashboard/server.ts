// The dashboard's server: the built page, what is known of runs as JSON, and work in the background.
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { packageFile } from '../../scenarios/package-file.ts';
import { isLoopback, onlyThisMachine, onlyWithToken, sameOriginChanges, security } from './http/guard.ts';
import { explainProblems } from './http/problems.ts';
import { logRequests, type Log } from './http/request-log.ts';
import { runRoutes } from './routes/runs.ts';
import { scenarioRoutes } from './routes/scenarios.ts';
import { campaignRoutes, compareRoutes, roomRoutes, runViewRoutes } from './routes/views.ts';
import { workRoutes } from './routes/work.ts';
import { RunIndex } from './run-index.ts';
import { Background } from './work/background.ts';
import { WorkQueue } from './work/work-queue.ts';
import { hasEnded, type WorkRequest, type WorkState } from './wire.ts';

/** What the dashboard shows, and to whom. */
export interface DashboardOptions {
  /** Folder of run folders. */
  readonly store: string;
  /** Folder of campaign folders. */
  readonly campaigns: string;
  /** Folder of Matrix room files. */
  readonly rooms: string;
  /** Folder of the built page; the package's own when left out. */
  readonly assets?: string | undefined;
  /** Address to listen on; this machine's loopback when left out. Any other needs a token. */
  readonly host?: string | undefined;
  /** Whoever asks must know it, where there is one. */
  readonly token?: string | undefined;
  readonly log?: Log | undefined;
}

/** Shorter ones can be guessed. */
export const shortestToken = 16;

/** Connections of one server, and how long somebody may take over his request, milliseconds. */
const mostConnections = 2_000;
const headersTimeout = 10_000;
const requestTimeout = 30_000;

interface Parts {
  readonly options: DashboardOptions;
  readonly background: Background;
  readonly queue: WorkQueue;
}

function createApplication({ options, background, queue }: Parts): Express {
  const { store, token, log = () => undefined } = options;
  const pages = options.assets ?? packageFile('dist', 'dashboard');
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(logRequests(log), security);
  app.use(token === undefined ? onlyThisMachine : onlyWithToken(token));
  app.use('/api', sameOriginChanges, (_request, response, next) => {
    response.set('cache-control', 'no-store');
    next();
  });
  app.use('/api/runs', runRoutes(store, new RunIndex(store), background));
  app.use('/api/runs', runViewRoutes(store, background));
  app.use('/api/compare', compareRoutes(store, background));
  app.use('/api/campaigns', campaignRoutes(options.campaigns, background));
  app.use('/api/room', roomRoutes(options.rooms, background));
  app.use('/api/scenarios', scenarioRoutes(background));
  app.use('/api/work', workRoutes(queue));
  app.use(
    '/api',
    (_request, response) => void response.status(404).json({ problem: 'there is no such resource' }),
  );
  // What has its content's hash in its name never changes.
  app.use(
    '/assets',
    express.static(join(pages, 'assets'), { immutable: true, maxAge: '365d', index: false }),
  );
  app.use(express.static(pages, { index: 'index.html' }));
  app.use((_request, response) => {
    const built = existsSync(join(pages, 'index.html'));
    response
      .status(built ? 404 : 503)
      .type('text')
      .send(built ? 'There is no such page.\n' : 'The page is not built: run `npm run build`.\n');
  });
  app.use(explainProblems(log, [store, options.campaigns, options.rooms]));
  return app;
}

/** A dashboard that listens. */
export interface ServedDashboard {
  readonly url: string;
  /**
   * Asks for a run or a campaign, as the page does.
   * @throws TaskRefused when it cannot be run
   */
  ask(request: WorkRequest): Promise<WorkState>;
  /** Resolves with the work's last state once it has ended. */
  ended(id: number): Promise<WorkState>;
  /** Stops what is under way and closes every connection. */
  close(): Promise<void>;
}

/**
 * Listens, on this machine only unless told otherwise.
 * @param port 0 takes a free one
 * @throws RangeError when another address is asked for without a token that is hard to guess
 * @throws Error when the port is taken
 */
export async function serveDashboard(options: DashboardOptions, port: number): Promise<ServedDashboard> {
  const { store, campaigns, token, host = '127.0.0.1', log } = options;
  if (token !== undefined && token.length < shortestToken)
    throw new RangeError(`expected a token of at least ${shortestToken} characters`);
  if (!isLoopback(host) && token === undefined)
    throw new RangeError(`to listen on ${host}, beyond this machine, the dashboard needs a token`);
  const background = new Background();
  const queue = new WorkQueue(background, { store, campaigns }, ({ id, kind, status, problem }) =>
    log?.(status === 'failed' ? 'error' : 'info', { event: 'work', id, kind, status, problem }),
  );
  const server = await listening(createApplication({ options, background, queue }), port, host);
  server.maxConnections = mostConnections;
  server.headersTimeout = headersTimeout;
  server.requestTimeout = requestTimeout;
  const { port: taken } = server.address() as AddressInfo;
  const shown = isLoopback(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${shown}:${taken}/`,
    ask: (request) => queue.ask(request),
    ended: (id) =>
      new Promise((resolve) => {
        const stop = queue.listen(id, (state) => {
          if (!hasEnded(state)) return;
          queueMicrotask(() => stop?.());
          resolve(state);
        });
      }),
    async close() {
      await queue.close();
      await background.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function listening(app: Express, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error) => {
      if (error === undefined) resolve(server);
      else reject(error);
    });
  });
}
