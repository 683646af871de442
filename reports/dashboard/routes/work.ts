// Starting runs and campaigns, watching and stopping them.
import { json, Router } from 'express';
import { BadRequest } from '../http/problems.ts';
import { streamEvents } from '../http/event-stream.ts';
import { workRequestSchema } from '../work/work-request.ts';
import { hasEnded, type WorkState } from '../wire.ts';
import type { WorkQueue } from '../work/work-queue.ts';

/** The routes below `/api/work`. */
export function workRoutes(queue: WorkQueue): Router {
  const router = Router();
  const idOf = (text: string): number => {
    if (!/^\d{1,9}$/.test(text)) throw new BadRequest('expected the number of a run under way');
    return Number(text);
  };
  router.get('/', (_request, response) => {
    // Curves are for those who watch.
    response.json(queue.states.map(({ live: _live, ...state }) => state));
  });
  router.post('/', json({ limit: '64kb' }), async (request, response) => {
    const body: unknown = request.body;
    response.status(202).json(await queue.ask(workRequestSchema.parse(body)));
  });
  router.get('/:id/events', (request, response) => {
    const id = idOf(request.params.id);
    if (queue.state(id) === undefined) throw new BadRequest('this server knows no such run');
    streamEvents<WorkState>(
      response,
      (listener) => queue.listen(id, listener) ?? (() => undefined),
      hasEnded,
    );
  });
  router.delete('/:id', (request, response) => {
    const state = queue.cancel(idOf(request.params.id));
    if (state === undefined) throw new BadRequest('this server knows no such run');
    response.json({ id: state.id, status: state.status });
  });
  return router;
}
