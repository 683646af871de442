// What takes a simulation, a compilation or a drawing to be looked at, by kind of question.
import { renderCampaign, renderRun } from '../../documents/render-report.ts';
import type { ReportFormat } from '../../documents/report-formats.ts';
import {
  campaignView,
  listCampaigns,
  type CampaignSummary,
  type CampaignView,
} from '../../views/campaigns.ts';
import { messageStory, nodeState, type MessageStory, type NodeState } from '../../views/closer-looks.ts';
import { comparedRuns, type ComparedRuns } from '../../views/compared-runs.ts';
import {
  runChart,
  runDiagram,
  runTrace,
  type ChartQuestion,
  type DiagramQuestion,
} from '../../views/exports.ts';
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
  | { readonly kind: 'diagram'; readonly folder: string; readonly question: DiagramQuestion }
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
  message: MessageStory;
  node: NodeState;
  compare: ComparedRuns;
  campaigns: readonly CampaignSummary[];
  campaign: CampaignView;
  room: RoomView;
  chart: string | Uint8Array;
  trace: string;
  diagram: string | Uint8Array;
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
    case 'diagram':
      return runDiagram(task.folder, task.question);
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
