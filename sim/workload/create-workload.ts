// People, conversations and schedule of a run from its seed: one function of its arguments and of nothing else.
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import { createAddressedDraw } from '../random/addressed.ts';
import type { MobilityChoice, Mobility } from '../mobility/mobility.ts';
import type { ContactTrace } from '../radio/contact-trace.ts';
import type { World } from '../world.ts';
import { createChanges, withModerators } from './administration.ts';
import type { Habits } from './habits.ts';
import { mergeIntervals } from './intervals.ts';
import { withImportedRoom } from './imported-room.ts';
import { createPopulation, type CityShare } from './population.ts';
import { createSchedule } from './schedule.ts';
import { followScript, type Script } from './script.ts';
import { createSocialGraph, distanceClassOf } from './social-graph.ts';
import { createTasks } from './tasks.ts';
import type { Interval, Person, Windows, Workload } from './workload.ts';

/** What a workload is made from. */
export interface WorkloadOptions {
  readonly world: World;
  readonly cities: readonly CityShare[];
  readonly habits: Habits;
  readonly windows: Windows;
  readonly seed: string;
  /** People move by this model and use mobile networks throughout, instead of being at home, at work, or on the way. */
  readonly mobility?: { readonly choice: MobilityChoice; readonly warmUp: Duration };
  /** People meet as the trace says; they use mobile networks throughout, too. */
  readonly contacts?: ContactTrace;
  /** What people do, instead of what their habits would have them do. */
  readonly script?: Script | undefined;
}

/** The application opens this long before a message is sent (assumed: typing)... */
const openBeforeSend = seconds(15);
/** ...and stays open this long afterwards (assumed). */
const openAfterSend = seconds(45);

/** The same seed gives the same people saying the same things, whatever systems run and whatever breaks. */
export function createWorkload(options: WorkloadOptions): Workload {
  const { world, cities, habits, windows, seed } = options;
  const draw = createAddressedDraw(`${seed}/people`);
  const { contacts } = options;
  const mobility: Mobility | undefined = options.mobility && { ...options.mobility, seed: `${seed}/people` };
  const residents = createPopulation({
    world,
    cities,
    habits,
    draw,
    horizon: windows.horizon,
    outAndAbout: mobility !== undefined || contacts !== undefined,
  });
  if (options.script !== undefined) return scripted(residents, options.script, options);
  const made = withModerators(createSocialGraph(residents, habits, draw), habits, draw);
  const conversations = withImportedRoom(made, residents, world, habits);
  const messages = createSchedule({ world, people: residents, conversations, habits, windows, draw });
  const changes = createChanges(conversations, habits, windows, draw);
  const tasks = createTasks({ world, people: residents, conversations, habits, windows, draw });
  const acts = [
    ...messages.map(({ sender, at }) => ({ by: sender, at, stay: openAfterSend })),
    ...changes.map(({ by, at }) => ({ by, at, stay: openAfterSend })),
    ...tasks.scheduled.map(({ person, at }) => ({ by: person, at, stay: tasks.deadline })),
  ];
  const people = openForActing(residents, acts, windows.horizon);
  return {
    people,
    conversations,
    messages,
    ...(habits.writingSeconds === 0 ? {} : { writing: seconds(habits.writingSeconds) }),
    ...(changes.length === 0 ? {} : { changes }),
    ...(tasks.scheduled.length === 0 ? {} : { tasks }),
    windows,
    ...(mobility === undefined ? {} : { mobility }),
    ...(contacts === undefined ? {} : { contacts }),
    distanceClass: (left, right) =>
      distanceClassOf(present(people[left], 'a person'), present(people[right], 'a person')),
  };
}

/** The people of a script, doing what it says. */
function scripted(
  residents: readonly Person[],
  script: Script,
  { windows, contacts, mobility, seed }: WorkloadOptions,
): Workload {
  const people = followScript(residents, script, windows.horizon);
  return {
    people,
    conversations: script.conversations,
    messages: script.messages,
    ...(script.changes.length === 0 ? {} : { changes: script.changes }),
    windows,
    ...(mobility === undefined ? {} : { mobility: { ...mobility, seed: `${seed}/people` } }),
    ...(contacts === undefined ? {} : { contacts }),
    distanceClass: (left, right) =>
      distanceClassOf(present(people[left], 'a person'), present(people[right], 'a person')),
  };
}

/** What people do, they do with the application open; they wait for what they set out to do. */
function openForActing(
  people: readonly Person[],
  acts: readonly { readonly by: PersonId; readonly at: Instant; readonly stay: Duration }[],
  horizon: Instant,
): readonly Person[] {
  const sending = people.map((): Interval[] => []);
  for (const { by, at, stay } of acts) {
    sending[by]?.push({
      start: Math.max(0, at - openBeforeSend) as Instant,
      end: Math.min(horizon, at + stay) as Instant,
    });
  }
  return people.map((person) => {
    const { device } = person;
    const own = sending[person.id] ?? [];
    const foreground = mergeIntervals([...device.foreground, ...own]);
    return {
      ...person,
      device: { ...device, foreground, meshOpen: mergeIntervals([...device.meshOpen, ...own]) },
    };
  });
}
