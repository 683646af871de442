// Stored runs: the list, each record, and every form in which a run can be taken away.
import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { Router } from 'express';
import { reportFormats, type ReportFormat } from '../../documents/report-formats.ts';
import { readRun, runFolder } from '../../store.ts';
import { BadRequest } from '../http/problems.ts';
import type { RunIndex } from '../run-index.ts';
import type { Background } from '../work/background.ts';

/** Files of a run folder that can be taken away as they are. */
const runFiles = [
  'run.json',
  'scenario.yaml',
  'fates.parquet',
  'spans.parquet',
  'series.parquet',
  'incidents.parquet',
];

const typeOf: Readonly<Record<ReportFormat, string>> = {
  html: 'text/html; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  junit: 'application/xml',
};
const endOf: Readonly<Record<ReportFormat, string>> = {
  html: 'html',
  md: 'md',
  json: 'json',
  csv: 'csv',
  junit: 'xml',
};

/** The routes below `/api/runs`. */
export function runRoutes(store: string, index: RunIndex, background: Background): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    response.json(await index.list());
  });
  router.get('/:id', async (request, response) => {
    response.json(await readRun(store, request.params.id));
  });
  router.get('/:id/report/:format', async (request, response) => {
    const { id, format } = request.params;
    const known = reportFormats.find((each) => each === format);
    if (known === undefined) throw new BadRequest(`expected one of ${reportFormats.join(', ')}`);
    const text = await background.look({ kind: 'report', folder: runFolder(store, id), format: known });
    response
      .set('content-type', typeOf[known])
      .set('content-disposition', `attachment; filename="${id}.${endOf[known]}"`)
      .send(text);
  });
  router.get('/:id/chart/:file', async (request, response) => {
    const { id, file } = request.params;
    const [, name, format] = /^([a-z-]{1,40})\.(svg|png)$/.exec(file) ?? [];
    if (name === undefined || (format !== 'svg' && format !== 'png'))
      throw new BadRequest('expected a chart as .svg or .png');
    const chart = await background.look({
      kind: 'chart',
      folder: runFolder(store, id),
      chart: { name, format },
    });
    response
      .attachment(`${id}-${name}.${format}`)
      .send(typeof chart === 'string' ? chart : Buffer.from(chart));
  });
  router.get('/:id/diagram/:file', async (request, response) => {
    const { id, file } = request.params;
    const [, system, format] = /^([a-z0-9-]{1,40})\.(svg|png)$/.exec(file) ?? [];
    if (system === undefined || (format !== 'svg' && format !== 'png'))
      throw new BadRequest('expected a system as .svg or .png');
    const { message: asked } = request.query;
    if (asked !== undefined && (typeof asked !== 'string' || !/^\d{1,9}$/.test(asked)))
      throw new BadRequest('message: expected a whole number');
    const message = asked === undefined ? undefined : Number(asked);
    const picture = await background.look({
      kind: 'diagram',
      folder: runFolder(store, id),
      question: { system, message, format },
    });
    response
      .attachment(`${id}-${system}${asked === undefined ? '' : `-message-${asked}`}-space-time.${format}`)
      .send(typeof picture === 'string' ? picture : Buffer.from(picture));
  });
  router.get('/:id/trace/:system', async (request, response) => {
    const { id, system } = request.params;
    const trace = await background.look({ kind: 'trace', folder: runFolder(store, id), system });
    response.attachment(`${id}-${system}.trace.json`).send(trace);
  });
  router.get('/:id/file/:name', async (request, response) => {
    const { id } = request.params;
    const name = runFiles.find((each) => each === request.params.name);
    if (name === undefined) throw new BadRequest(`expected one of ${runFiles.join(', ')}`);
    const folder = runFolder(store, id);
    await readRun(store, id);
    response.attachment(`${id}-${name}`);
    const stream = createReadStream(join(resolve(folder), name));
    stream.on('error', () => {
      if (!response.headersSent) response.removeHeader('content-disposition');
      if (response.headersSent) response.destroy();
      else response.status(404).json({ problem: `this run has no ${name}` });
    });
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  });
  return router;
}
