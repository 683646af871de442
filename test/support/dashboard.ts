// A dashboard over a store of its own, for tests: served from memory's temporary folder, gone afterwards.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '../../reports/dashboard/http/request-log.ts';
import {
  serveDashboard,
  type DashboardOptions,
  type ServedDashboard,
} from '../../reports/dashboard/server.ts';
import { compiledNetsplit } from './netsplit-command.ts';

/** A served dashboard with its folders and its log. */
export interface TestDashboard {
  readonly folder: string;
  readonly store: string;
  readonly campaigns: string;
  readonly rooms: string;
  readonly served: ServedDashboard;
  readonly log: LogLine[];
  close(): Promise<void>;
}

/** Serves; the page is a stub unless a folder with a built one is given. Its threads run what is compiled here if need be. */
export async function openDashboard(options: Partial<DashboardOptions> = {}): Promise<TestDashboard> {
  await compiledNetsplit();
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-dashboard-'));
  const [store, campaigns, rooms, assets] = ['runs', 'campaigns', 'rooms', 'assets'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  mkdirSync(store);
  mkdirSync(assets);
  writeFileSync(join(assets, 'index.html'), '<!doctype html><title>page</title>');
  const log: LogLine[] = [];
  const served = await serveDashboard(
    { store, campaigns, rooms, assets, log: (level, line) => log.push({ level, ...line }), ...options },
    0,
  );
  return {
    folder,
    store,
    campaigns,
    rooms,
    served,
    log,
    async close() {
      await served.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with whatever headers and path: `fetch` would mend them. */
export function rawRequest(
  url: string,
  options: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<RawAnswer> {
  const { method = 'GET', path, headers = {}, body } = options;
  const { hostname, port, pathname } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: path ?? pathname, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The states of an event stream. */
export async function* eventsOf<State>(response: Response): AsyncGenerator<State, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data) as State;
    }
  }
  return undefined;
}
