// What is shown of a run beyond its record: days, replays, messages and nodes; comparisons; campaigns; rooms.
import { join, resolve } from 'node:path';
import { json, Router, type Request } from 'express';
import { z } from 'zod';
import { reportFormats } from '../../documents/report-formats.ts';
import { runFolder, StoreError } from '../../store.ts';
import { BadRequest } from '../http/problems.ts';
import type { Background } from '../work/background.ts';

/** Deliveries handed out at a time: 24 bytes each. */
const mostMoves = 100_000;

function text(request: Request, name: string): string | undefined {
  const value = request.query[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wholeNumber(request: Request, name: string): number | undefined {
  const value = text(request, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new BadRequest(`${name}: expected a whole number, found "${value}"`);
  return Number(value);
}

function needed<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new BadRequest(`${name}: expected a value`);
  return value;
}

function seconds(request: Request, name: string): number {
  const value = Number(needed(text(request, name), name));
  if (!Number.isFinite(value)) throw new BadRequest(`${name}: expected seconds since the epoch`);
  return value;
}

/** The routes below `/api/runs/:id` that look into a run. */
export function runViewRoutes(store: string, background: Background): Router {
  const router = Router();
  const folderOf = (request: Request<{ id: string }>): string => runFolder(store, request.params.id);
  router.get('/:id/day', async (request, response) => {
    const person = wholeNumber(request, 'person');
    response.json(await background.read({ kind: 'day', folder: folderOf(request), person }));
  });
  router.get('/:id/replay', async (request, response) => {
    const system = text(request, 'system');
    response.json(await background.read({ kind: 'replay', folder: folderOf(request), system }));
  });
  router.get('/:id/moves', async (request, response) => {
    const system = text(request, 'system');
    const range = { from: wholeNumber(request, 'from') ?? 0, count: mostMoves };
    const packed = await background.read({ kind: 'moves', folder: folderOf(request), system, range });
    response.type('application/octet-stream').send(Buffer.from(packed));
  });
  router.get('/:id/waits', async (request, response) => {
    const system = needed(text(request, 'system'), 'system');
    const packed = await background.read({ kind: 'waits', folder: folderOf(request), system });
    response.type('application/octet-stream').send(Buffer.from(packed));
  });
  router.get('/:id/message', async (request, response) => {
    const system = needed(text(request, 'system'), 'system');
    const message = needed(wholeNumber(request, 'message'), 'message');
    response.json(await background.look({ kind: 'message', folder: folderOf(request), system, message }));
  });
  router.get('/:id/node', async (request, response) => {
    const system = needed(text(request, 'system'), 'system');
    const node = needed(text(request, 'node'), 'node');
    const at = seconds(request, 'at');
    response.json(await background.look({ kind: 'node', folder: folderOf(request), system, node, at }));
  });
  router.get('/:id/links', async (request, response) => {
    const system = needed(text(request, 'system'), 'system');
    const at = seconds(request, 'at');
    response.json(await background.look({ kind: 'links', folder: folderOf(request), system, at }));
  });
  router.get('/:id/divergence', async (request, response) => {
    response.json(await background.read({ kind: 'divergence', folder: folderOf(request) }));
  });
  router.get('/:id/rooms', async (request, response) => {
    const question = {
      system: needed(text(request, 'system'), 'system'),
      at: seconds(request, 'at'),
      roomId: text(request, 'room'),
      server: text(request, 'server'),
    };
    response.json(await background.look({ kind: 'run-rooms', folder: folderOf(request), question }));
  });
  return router;
}

/** The route `/api/compare`. */
export function compareRoutes(store: string, background: Background): Router {
  const router = Router();
  router.get('/', async (request, response) => {
    const left = runFolder(store, needed(text(request, 'left'), 'left'));
    const right = runFolder(store, needed(text(request, 'right'), 'right'));
    response.json(await background.look({ kind: 'compare', left, right }));
  });
  return router;
}

/** The routes below `/api/campaigns`. */
export function campaignRoutes(campaigns: string, background: Background): Router {
  const router = Router();
  const root = resolve(campaigns);
  const folderOf = (id: string): string => {
    if (!/^[\w-]+$/.test(id)) throw new StoreError(`"${id}" is not the name of a campaign`);
    return join(root, id);
  };
  router.get('/', async (_request, response) => {
    response.json(await background.look({ kind: 'campaigns', root }));
  });
  router.get('/:id', async (request, response) => {
    const folder = folderOf(request.params.id);
    response.json(await background.look({ kind: 'campaign', folder, figure: text(request, 'figure') }));
  });
  router.get('/:id/report/:format', async (request, response) => {
    const { id, format: wanted } = request.params;
    const format = reportFormats.find((each) => each === wanted);
    if (format === undefined) throw new BadRequest(`expected one of ${reportFormats.join(', ')}`);
    const report = await background.look({ kind: 'campaign-report', folder: folderOf(id), format });
    response.attachment(`${id}.${format === 'junit' ? 'xml' : format}`).send(report);
  });
  return router;
}

/** A room as it is sent: at most this many bytes, and this many rooms at a time. */
const largestRoom = '16mb';
const mostRooms = 4;

const roomSchema = z.strictObject({
  text: z.string(),
  name: z.string().max(200),
  states: z.strictObject({ text: z.string(), name: z.string().max(200) }).optional(),
  roomVersion: z.string().max(60).optional(),
  at: z.string().max(300).optional(),
  algorithms: z.array(z.enum(['v1', 'v2', 'v2.1'])).max(2),
});

/** The routes below `/api/room`. What is sent to be judged is not kept; it is a POST because rooms are large. */
export function roomRoutes(folder: string, background: Background): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    response.json(await background.look({ kind: 'stored-rooms', folder }));
  });
  router.get('/:name', async (request, response) => {
    response.json(await background.look({ kind: 'stored-room', folder, name: request.params.name }));
  });
  let underWay = 0;
  router.post(
    '/',
    (_request, response, next) => {
      if (underWay >= mostRooms) {
        response.status(503).set('retry-after', '2').json({ problem: 'too many rooms at once' });
        return;
      }
      underWay++;
      response.once('close', () => underWay--);
      next();
    },
    json({ limit: largestRoom }),
    async (request, response) => {
      const body: unknown = request.body;
      response.json(await background.look({ kind: 'room', question: roomSchema.parse(body) }));
    },
  );
  return router;
}
