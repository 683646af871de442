// The dashboard's server: read-only over the run store, on this machine only. Adds no numbers of its own.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import helmet from 'helmet';
import type { LiveRun, LiveRuns } from './live-runs.ts';

/** Where the dashboard gets finished runs from. */
export interface RunSource {
  /** Headings of every readable run, newest first; what could not be read comes with its reason. */
  list(): readonly unknown[];
  /** The record of a run by folder name; undefined when there is none. Throws on a damaged one. */
  read(name: string): unknown;
}

/** What the server is made from. */
export interface DashboardOptions {
  readonly runs: RunSource;
  readonly live: LiveRuns;
  /** Folder of the built page. */
  readonly assets: string;
}

const loopback = '127.0.0.1';
/** Watchers of the event stream at once; the rest is told to come back. */
const watcherLimit = 64;

/** The application without a socket, for tests. */
export function createDashboard(options: DashboardOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      strictTransportSecurity: false, // plain HTTP on loopback
    }),
  );
  app.use(refuseForeignHosts);
  app.get('/api/runs', (_request, response) => void response.json({ runs: options.runs.list() }));
  app.get('/api/runs/:name', (request, response) => {
    const { name } = request.params;
    const run = /^[A-Za-z0-9][A-Za-z0-9._-]{0,150}$/.test(name) ? options.runs.read(name) : undefined;
    if (run === undefined) response.status(404).json({ error: 'There is no such run.' });
    else response.json(run);
  });
  app.get('/api/live', (request, response) => watchLive(options.live, request, response));
  app.use(express.static(options.assets, { index: 'index.html', maxAge: '1h', fallthrough: true }));
  app.use((_request, response) => void response.status(404).json({ error: 'Not found.' }));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const message = error instanceof Error ? error.message : 'unknown error';
    response.status(500).json({ error: message });
  });
  return app;
}

/** A page of another site that resolves its name to this machine must not read runs (DNS rebinding). */
function refuseForeignHosts(request: Request, response: Response, next: NextFunction): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (host === loopback || host === 'localhost' || host === '[::1]') next();
  else response.status(403).json({ error: 'The dashboard answers on this machine only.' });
}

let watchers = 0;

function watchLive(live: LiveRuns, request: Request, response: Response): void {
  if (watchers >= watcherLimit) {
    response.status(503).set('Retry-After', '10').json({ error: 'Too many pages are watching.' });
    return;
  }
  watchers++;
  response.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  const send = (run: LiveRun): void => void response.write(`data: ${JSON.stringify(run)}\n\n`);
  for (const run of live.list()) send(run);
  response.write(': caught up\n\n');
  const stop = live.watch(send);
  request.on('close', () => {
    watchers--;
    stop();
  });
}

/** A dashboard that answers. */
export interface RunningDashboard {
  readonly address: string;
  readonly server: Server;
}

/**
 * Starts listening on the loopback address.
 * @throws Error with code EADDRINUSE when the port is taken
 */
export function listen(app: Express, port: number): Promise<RunningDashboard> {
  const server = createServer(app);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, () => {
      const { port: actual } = server.address() as AddressInfo;
      resolve({ address: `http://${loopback}:${actual}/`, server });
    });
  });
}
