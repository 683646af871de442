// Small worlds and workloads for tests.
import type { ConversationId, PersonId, UserMessageId } from '../../protocol/message.ts';
import { hours, minutes, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { ObservationSink, Observation } from '../../sim/observation.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import type {
  Conversation,
  Device,
  Person,
  ScheduledMessage,
  Workload,
} from '../../sim/workload/workload.ts';
import type { AccessProfile, City, Component, ComponentId, World } from '../../sim/world.ts';

export const componentId = (id: string): ComponentId => id as ComponentId;

const component = (id: string, kind: Component['kind'], needs: readonly string[] = []): Component => ({
  id: componentId(id),
  kind,
  attributes: {},
  needs: needs.map((on) => ({ on: componentId(on), strength: 'hard' })),
});

const city: City = {
  component: componentId('city/ghent'),
  name: 'Ghent',
  location: { latitude: 51.05, longitude: 3.72, country: 'BE', anchorRegion: 'eu-west-1' },
  districts: [{ name: 'centre', x: 0, y: 0, radiusMetres: 1_000 }],
  utcOffsetSeconds: 3_600,
};

const access: AccessProfile = {
  isp: componentId('isp/BE/home'),
  medianRttMs: 10,
  sigma: 0.5,
  lossProbability: 0,
  upBitsPerSecond: 20_000_000,
  downBitsPerSecond: 100_000_000,
};

/** One city, one ISP, one site with two hosts. */
export function tinyWorld(): World {
  const components = [
    component('country/BE', 'country'),
    component('city/ghent', 'city', ['country/BE']),
    component('isp/BE/home', 'isp', ['country/BE']),
    component('dns/test', 'dns-zone'),
    { ...component('site', 'region'), location: city.location },
    component('host/one', 'host', ['site']),
    component('host/two', 'host', ['site']),
  ];
  return {
    components: new Map(components.map((each) => [each.id, each])),
    cities: [city],
    regionRoundTrips: new Map([['eu-west-1', new Map([['eu-west-1', { p50: 2, p90: 4 }]])]]),
    access: { homeByCountry: new Map([['BE', [access]]]), mobileByCountry: new Map([['BE', [access]]]) },
    hosting: [{ site: componentId('site'), share: 1 }],
    assumptions: [],
    epochWallMs: 1_760_000_000_000,
  };
}

/** What a test may want different in a workload. */
export interface WorkloadOptions {
  readonly people: number;
  /** Members of each conversation; everybody in one when left out. */
  readonly conversations?: readonly (readonly number[])[];
  readonly messages: readonly {
    readonly sender: number;
    readonly conversation?: number;
    readonly at: Duration;
    readonly resendAfter?: Duration;
  }[];
  readonly devices?: Readonly<Record<number, Partial<Device>>>;
  readonly horizon?: Duration;
}

/** People who stand still at home; devices always on unless said otherwise. */
export function workloadOf(options: WorkloadOptions): Workload {
  const horizon = (options.horizon ?? hours(2)) as number as Instant;
  const everybody = Array.from({ length: options.people }, (_, index) => index);
  const people = everybody.map((index): Person => ({
    id: index as PersonId,
    city,
    district: 'centre',
    country: 'BE',
    stays: [{ start: 0 as Instant, place: 'home', from: { x: index, y: 0 }, to: { x: index, y: 0 }, access }],
    device: {
      platform: index % 2 === 0 ? 'ios' : 'android',
      batteryLife: hours(24),
      clockSkewMs: 0,
      off: [],
      offline: [],
      foreground: [],
      meshOpen: [],
      ...options.devices?.[index],
    },
  }));
  const conversations = (options.conversations ?? [everybody]).map((members, index): Conversation => ({
    id: index as ConversationId,
    kind: members.length === 2 ? 'direct' : 'group',
    members: members as readonly PersonId[],
  }));
  const messages = options.messages
    .toSorted((left, right) => left.at - right.at)
    .map((message, index): ScheduledMessage => ({
      id: index as UserMessageId,
      sender: message.sender as PersonId,
      conversation: (message.conversation ?? 0) as ConversationId,
      at: message.at as number as Instant,
      text: `message ${index}`,
      resendAfter: message.resendAfter,
    }));
  return {
    people,
    conversations,
    messages,
    windows: {
      sendingStart: seconds(0) as number as Instant,
      sendingEnd: minutes(60) as number as Instant,
      horizon,
    },
    distanceClass: () => 'walking',
  };
}

/** A plan without faults in the tiny world. */
export function planOf(
  system: System,
  workload: Workload,
  changes: Partial<SimulationPlan> = {},
): SimulationPlan {
  return {
    world: tinyWorld(),
    workload,
    faults: [],
    system,
    parameters: new Map(),
    seed: 'test',
    limits: { events: 10_000_000, eventsPerInstant: 100_000 },
    ...changes,
  };
}

/** A sink that keeps everything. */
export function keepingSink(): ObservationSink & { readonly observations: Observation[] } {
  const observations: Observation[] = [];
  return { observations, record: (observation) => void observations.push(observation) };
}
