// What the page asks its server.
import type { RunRecord } from '../../record.ts';
import type { CampaignSummary, CampaignView } from '../../views/campaigns.ts';
import type { MessageStory, NodeState } from '../../views/closer-looks.ts';
import type { ComparedRuns } from '../../views/compared-runs.ts';
import type { RunDivergence } from '../../views/divergence.ts';
import type { PersonDay } from '../../views/person-day.ts';
import type { ReplayLinks } from '../../views/replay-links.ts';
import type { ReplayStart } from '../../views/replay.ts';
import type { RoomQuestion, RoomView } from '../../views/room.ts';
import type { RunRooms } from '../../views/run-rooms.ts';
import {
  hasEnded,
  type RunList,
  type ScenarioSummary,
  type SettableValue,
  type StoredRoom,
  type StoredRoomText,
  type WorkRequest,
  type WorkState,
} from '../wire.ts';

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

const withQuery = (path: string, query: Readonly<Record<string, string | number | undefined>>): string => {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
};
const ofRun = (
  id: string,
  what: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string => withQuery(`./api/runs/${part(id)}/${what}`, query);

export const day = (id: string, person: number | undefined): Promise<PersonDay> =>
  ask(ofRun(id, 'day', { person }));
export const replay = (id: string, system: string | undefined): Promise<ReplayStart> =>
  ask(ofRun(id, 'replay', { system }));
export const message = (id: string, system: string, number: number): Promise<MessageStory> =>
  ask(ofRun(id, 'message', { system, message: number }));
export const node = (id: string, system: string, name: string, at: number): Promise<NodeState> =>
  ask(ofRun(id, 'node', { system, node: name, at }));
export const compare = (left: string, right: string): Promise<ComparedRuns> =>
  ask(withQuery('./api/compare', { left, right }));
export const campaigns = (): Promise<readonly CampaignSummary[]> => ask('./api/campaigns');
export const campaign = (id: string, figure: string | undefined): Promise<CampaignView> =>
  ask(withQuery(`./api/campaigns/${part(id)}`, { figure }));
export const links = (id: string, system: string, at: number): Promise<ReplayLinks> =>
  ask(ofRun(id, 'links', { system, at }));
export const divergence = (id: string): Promise<RunDivergence> => ask(ofRun(id, 'divergence'));
export const runRooms = (
  id: string,
  question: Readonly<Record<'system' | 'room' | 'server', string | undefined>> & { readonly at: number },
): Promise<RunRooms> => ask(ofRun(id, 'rooms', question));
export const rooms = (): Promise<readonly StoredRoom[]> => ask('./api/room');
export const storedRoom = (name: string): Promise<StoredRoomText> => ask(`./api/room/${part(name)}`);
export const room = (question: RoomQuestion): Promise<RoomView> => change('POST', './api/room', question);

/** Where an export of a run, of a campaign, or a file of a run can be taken from. */
export const reportOf = (id: string, format: string): string => `./api/runs/${part(id)}/report/${format}`;
export const fileOf = (id: string, name: string): string => `./api/runs/${part(id)}/file/${part(name)}`;
export const chartOf = (id: string, file: string): string => `./api/runs/${part(id)}/chart/${part(file)}`;
export const traceOf = (id: string, system: string): string => `./api/runs/${part(id)}/trace/${part(system)}`;
export const diagramOf = (id: string, file: string, message?: number): string =>
  withQuery(`./api/runs/${part(id)}/diagram/${part(file)}`, { message });
export const campaignReportOf = (id: string, format: string): string =>
  `./api/campaigns/${part(id)}/report/${format}`;

async function numbers(path: string): Promise<Int32Array> {
  const response = await reach(path);
  if (!response.ok) await answerOf(response);
  return new Int32Array(await response.arrayBuffer());
}

/** Packed deliveries of a replay, of the first system when left out, from a row on, and packed waits. */
export const moves = (id: string, system: string | undefined, from: number): Promise<Int32Array> =>
  numbers(ofRun(id, 'moves', { system, from }));
export const waits = (id: string, system: string): Promise<Int32Array> =>
  numbers(ofRun(id, 'waits', { system }));

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
    if (hasEnded(state)) source.close();
    onState(state);
  });
  return () => source.close();
}
