// The library, and what can be turned in each of its scenarios.
import { Router } from 'express';
import type { Background } from '../work/background.ts';
import type { ScenarioSummary, SettableValue } from '../wire.ts';

/** The routes below `/api/scenarios`. The library does not change while the server runs, so it is compiled once. */
export function scenarioRoutes(background: Background): Router {
  const router = Router();
  let library: Promise<readonly ScenarioSummary[]> | undefined;
  const values = new Map<string, Promise<readonly SettableValue[]>>();
  router.get('/', async (_request, response) => {
    library ??= background.look({ kind: 'library' }).catch((error: unknown) => {
      library = undefined;
      throw error;
    });
    response.json(await library);
  });
  router.get('/:name/values', async (request, response) => {
    const { name } = request.params;
    const known = values.get(name) ?? background.look({ kind: 'values', scenario: name });
    const answer = await known;
    values.set(name, known);
    response.json(answer);
  });
  return router;
}
