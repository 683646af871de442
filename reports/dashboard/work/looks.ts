// What can be looked at, by kind of question: everything that needs a file read whole, a simulation or a compilation.
import { renderCampaign, renderRun, type ReportFormat } from '../../documents/render-report.ts';
import {
  campaignView,
  listCampaigns,
  type CampaignSummary,
  type CampaignView,
} from '../../views/campaigns.ts';
import { messageStory, nodeState, type MessageStory, type NodeState } from '../../views/closer-looks.ts';
import { comparedRuns, type ComparedRuns } from '../../views/compared-runs.ts';
import { runChart, runTrace, type ChartQuestion } from '../../views/exports.ts';
import { dayOfPerson, type PersonDay } from '../../views/person-day.ts';
import { replayMoves, replayStart, replayWaits, type ReplayStart } from '../../views/replay.ts';
import { replayLinks, type ReplayLinks } from '../../views/replay-links.ts';
import { judgedRoom, type RoomQuestion, type RoomView } from '../../views/room.ts';
import { runRooms, type RunRooms, type RunRoomsQuestion } from '../../views/run-rooms.ts';
import { librarySummaries, settableValues } from './library.ts';
import { storedRoom, storedRooms } from '../room-shelf.ts';
import type { ScenarioSummary, SettableValue, StoredRoom, StoredRoomText, WorkRequest } from '../wire.ts';
import { checkedWork } from './work-request.ts';

/** A question. */
export type LookTask =
  | { readonly kind: 'library' }
  | { readonly kind: 'values'; readonly scenario: string }
  | { readonly kind: 'check'; readonly request: WorkRequest }
  | { readonly kind: 'report'; readonly folder: string; readonly format: ReportFormat }
  | { readonly kind: 'campaign-report'; readonly folder: string; readonly format: ReportFormat }
  | { readonly kind: 'day'; readonly folder: string; readonly person: number | undefined }
  | { readonly kind: 'replay'; readonly folder: string; readonly system: string | undefined }
  | {
      readonly kind: 'moves';
      readonly folder: string;
      readonly system: string;
      readonly range: { readonly from: number; readonly count: number };
    }
  | { readonly kind: 'waits'; readonly folder: string; readonly system: string }
  | { readonly kind: 'message'; readonly folder: string; readonly system: string; readonly message: number }
  | {
      readonly kind: 'node';
      readonly folder: string;
      readonly system: string;
      readonly node: string;
      readonly at: number;
    }
  | { readonly kind: 'compare'; readonly left: string; readonly right: string }
  | { readonly kind: 'campaigns'; readonly root: string }
  | { readonly kind: 'campaign'; readonly folder: string; readonly figure: string | undefined }
  | { readonly kind: 'room'; readonly question: RoomQuestion }
  | { readonly kind: 'chart'; readonly folder: string; readonly chart: ChartQuestion }
  | { readonly kind: 'trace'; readonly folder: string; readonly system: string }
  | { readonly kind: 'links'; readonly folder: string; readonly system: string; readonly at: number }
  | { readonly kind: 'stored-rooms'; readonly folder: string }
  | { readonly kind: 'stored-room'; readonly folder: string; readonly name: string }
  | { readonly kind: 'run-rooms'; readonly folder: string; readonly question: RunRoomsQuestion };

/** What each kind of question is answered with. */
export interface LookAnswers {
  library: readonly ScenarioSummary[];
  values: readonly SettableValue[];
  check: { readonly title: string; readonly command: string };
  report: string;
  'campaign-report': string;
  day: PersonDay;
  replay: ReplayStart;
  moves: ArrayBuffer;
  waits: ArrayBuffer;
  message: MessageStory;
  node: NodeState;
  compare: ComparedRuns;
  campaigns: readonly CampaignSummary[];
  campaign: CampaignView;
  room: RoomView;
  chart: string | Uint8Array;
  trace: string;
  links: ReplayLinks;
  'stored-rooms': readonly StoredRoom[];
  'stored-room': StoredRoomText;
  'run-rooms': RunRooms;
}

type Answer = LookAnswers[LookTask['kind']];

/**
 * @throws ScenarioError, StoreError, RangeError when the question has no answer
 */
export async function look(task: LookTask): Promise<Answer> {
  switch (task.kind) {
    case 'library':
      return librarySummaries();
    case 'values':
      return settableValues(task.scenario);
    case 'check': {
      const { title, command } = checkedWork(task.request);
      return { title, command };
    }
    case 'report':
      return renderRun(task.folder, task.format);
    case 'campaign-report':
      return renderCampaign(task.folder, task.format);
    case 'day':
      return dayOfPerson(task.folder, task.person);
    case 'replay':
      return replayStart(task.folder, task.system);
    case 'moves':
      return replayMoves(task.folder, task.system, task.range);
    case 'waits':
      return replayWaits(task.folder, task.system);
    case 'message':
      return messageStory(task.folder, task.system, task.message);
    case 'node':
      return nodeState(task.folder, task.system, task.node, task.at);
    case 'compare':
      return comparedRuns(task.left, task.right);
    case 'campaigns':
      return listCampaigns(task.root);
    case 'campaign':
      return campaignView(task.folder, task.figure);
    case 'room':
      return judgedRoom(task.question);
    case 'chart':
      return runChart(task.folder, task.chart);
    case 'trace':
      return runTrace(task.folder, task.system);
    case 'links':
      return replayLinks(task.folder, task.system, task.at);
    case 'stored-rooms':
      return storedRooms(task.folder);
    case 'stored-room':
      return storedRoom(task.folder, task.name);
    case 'run-rooms':
      return runRooms(task.folder, task.question);
  }
}
