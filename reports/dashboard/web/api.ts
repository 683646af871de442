// What the page asks its server.
import type { RunRecord } from '../../record.ts';
import type { LiveState, RunSummary } from '../wire.ts';

async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path);
  const answer = (await response.json()) as Answer | { problem: string };
  if (response.ok) return answer as Answer;
  throw new Error((answer as { problem: string }).problem);
}

export const runs = (): Promise<readonly RunSummary[]> => ask('./api/runs');
export const run = (id: string): Promise<RunRecord> => ask(`./api/runs/${encodeURIComponent(id)}`);

/** Tells every picture of the run under way; null when there is none. Returns how to stop. */
export function live(listener: (state: LiveState | null) => void): () => void {
  const source = new EventSource('./api/live');
  source.addEventListener('state', (event: MessageEvent<string>) =>
    listener(JSON.parse(event.data) as LiveState | null),
  );
  return () => source.close();
}
