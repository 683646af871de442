// What the page asks its server.
import type { RunRecord } from '../../record.ts';
import type { RunList, ScenarioSummary, SettableValue, WorkRequest, WorkState } from '../wire.ts';

/** The server has an objection; the message is its own. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

async function answerOf(response: Response): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await response.json();
  } catch {
    throw new Refusal(`The server answered with something else than expected (status ${response.status}).`);
  }
  if (response.ok) return answer;
  const { problem } = answer as { problem?: unknown };
  throw new Refusal(typeof problem === 'string' ? problem : `status ${response.status}`);
}

async function reach(path: string, options?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch {
    throw new Refusal('The server cannot be reached. Is it still running?');
  }
}

/** Asks for JSON. */
export async function ask<Answer>(path: string): Promise<Answer> {
  return (await answerOf(await reach(path))) as Answer;
}

/** Asks for a change. */
async function change<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await reach(path, {
    method,
    headers: {
      'x-netsplit-page': '1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return (await answerOf(response)) as Answer;
}

const part = encodeURIComponent;

export const runs = (): Promise<RunList> => ask('./api/runs');
export const run = (id: string): Promise<RunRecord> => ask(`./api/runs/${part(id)}`);
export const scenarios = (): Promise<readonly ScenarioSummary[]> => ask('./api/scenarios');
export const values = (name: string): Promise<readonly SettableValue[]> =>
  ask(`./api/scenarios/${part(name)}/values`);
export const works = (): Promise<readonly WorkState[]> => ask('./api/work');
export const start = (request: WorkRequest): Promise<WorkState> => change('POST', './api/work', request);
export const cancel = (id: number): Promise<unknown> => change('DELETE', `./api/work/${id}`);

/** Tells every picture of a work under way, and whether the connection is there. Returns how to stop. */
export function watch(
  id: number,
  onState: (state: WorkState) => void,
  onConnection: (connected: boolean) => void,
): () => void {
  const source = new EventSource(`./api/work/${id}/events`);
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => onConnection(false));
  source.addEventListener('state', (event: MessageEvent<string>) => {
    const state = JSON.parse(event.data) as WorkState;
    // The server closes the stream after the last picture; the browser would open it again.
    if (state.status !== 'waiting' && state.status !== 'running') source.close();
    onState(state);
  });
  return () => source.close();
}
