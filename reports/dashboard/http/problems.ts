// From what went wrong to what the asker is told.
import { resolve, sep } from 'node:path';
import type { ErrorRequestHandler } from 'express';
import { ZodError } from 'zod';
import { StoreError } from '../../store.ts';
import { Overloaded, TaskRefused } from '../work/background.ts';
import { QueueFull } from '../work/work-queue.ts';
import type { Log } from './request-log.ts';

/** A request that cannot be answered as it is. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

interface Told {
  readonly status: number;
  readonly problem: string;
}

function toldOf(error: unknown): Told {
  if (error instanceof BadRequest) return { status: 400, problem: error.message };
  if (error instanceof StoreError) return { status: 404, problem: error.message };
  if (error instanceof TaskRefused)
    return { status: error.kind === 'not-there' ? 404 : 400, problem: error.message };
  if (error instanceof Overloaded || error instanceof QueueFull)
    return { status: 503, problem: error.message };
  if (error instanceof ZodError) {
    const [issue] = error.issues;
    return { status: 400, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}` };
  }
  return toldByExpress(error);
}

/** What Express and its parsers throw has a status and says whether its words may be shown. */
function toldByExpress(error: unknown): Told {
  const { status, expose, type } = error as { status?: unknown; expose?: unknown; type?: unknown };
  if (typeof status !== 'number' || status >= 500 || expose === false)
    return { status: 500, problem: 'something went wrong here; the log of the server says what' };
  if (type === 'entity.too.large') return { status, problem: 'more than this server takes at a time' };
  if (type === 'entity.parse.failed') return { status, problem: 'expected JSON' };
  return { status, problem: 'this request makes no sense' };
}

/**
 * The last handler.
 * @param folders where this machine keeps what is shown: whoever asks need not know where
 */
export function explainProblems(log: Log, folders: readonly string[]): ErrorRequestHandler {
  const roots = folders.map((folder) => resolve(folder) + sep);
  return (error: unknown, request, response, next) => {
    const { status, problem: whole } = toldOf(error);
    const problem = roots.reduce((words, root) => words.replaceAll(root, ''), whole);
    if (status === 500)
      log('error', {
        event: 'failure',
        path: request.path,
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    if (response.headersSent) {
      next(error);
      return;
    }
    if (status === 503) response.set('retry-after', '2');
    response.status(status).json({ problem });
  };
}
