// The numbers of local networks. A simulated population is a sample of a city: two of its people seldom share a router.
// Communities do, whose people all take part; a scenario about one says how many.
import type { Assumption } from '../world.ts';

const declarations = {
  localNetworkHomePeople: {
    value: 1,
    unit: 'people',
    meaning:
      'people of the simulation behind one home router, whose phones meet in its Wi-Fi; 1: nobody meets there',
    range: [1, 10],
  },
  localNetworkOfficePeople: {
    value: 1,
    unit: 'people',
    meaning: 'the same for offices',
    range: [1, 200],
  },
} as const satisfies Readonly<
  Record<string, Omit<Assumption, 'path' | 'value'> & { readonly value: number }>
>;

/** Values by name. */
export type LocalNetworkParameters = Readonly<Record<keyof typeof declarations, number>>;

/** For a system that uses local networks to declare. */
export const localNetworkDeclarations = Object.entries(declarations).map(([name, declaration]) => ({
  name,
  ...declaration,
}));

/** What is no parameter. */
export const localNetworkConstants = {
  /** Between two multicast beacons of a phone: whoever hears one dials. */
  beaconMs: 2_000,
  /** Between two looks at which networks there are, for a phone that comes to one with the application open. */
  interfacesMs: 10_000,
  /** One way between two phones, over the router. */
  latencyMs: 5,
  megabitsPerSecond: 24,
  /** Silence after which a phone takes another one for gone that left without a word. */
  silenceSeconds: 5,
} as const;

/** The constants for the report. */
export const localNetworkAssumptions: readonly Assumption[] = [
  {
    path: 'localNetwork.beaconMs',
    value: localNetworkConstants.beaconMs,
    unit: 'ms',
    meaning: 'between two multicast beacons of a phone',
    source: 'matrix-org/pinecone multicast/multicast.go at b35aec69',
  },
  {
    path: 'localNetwork.interfacesMs',
    value: localNetworkConstants.interfacesMs,
    unit: 'ms',
    meaning: 'between two looks of a phone at which networks there are',
    source: 'matrix-org/pinecone multicast/multicast.go at b35aec69, Start',
  },
  {
    path: 'localNetwork.latencyMs',
    value: localNetworkConstants.latencyMs,
    unit: 'ms',
    meaning: 'one way from phone to phone over a router in the house',
    range: [1, 20],
  },
  {
    path: 'localNetwork.megabitsPerSecond',
    value: localNetworkConstants.megabitsPerSecond,
    unit: 'Mbit/s',
    meaning: 'what a link between two phones takes, and the rate by which its air time is counted',
    range: [6, 300],
  },
  {
    path: 'localNetwork.silenceSeconds',
    value: localNetworkConstants.silenceSeconds,
    unit: 's',
    meaning: 'silence after which a phone is taken for gone that has left the network',
    source: 'matrix-org/pinecone router/consts.go at b35aec69, peerKeepaliveTimeout',
  },
];

/** The values of a run. */
export function localNetworkParameters(chosen: ReadonlyMap<string, number>): LocalNetworkParameters {
  const values: Record<string, number> = {};
  for (const { name, value } of localNetworkDeclarations) values[name] = chosen.get(name) ?? value;
  return values as LocalNetworkParameters;
}

/** Whether anybody meets anybody behind a router. */
export function sharesRouters(parameters: LocalNetworkParameters): boolean {
  return parameters.localNetworkHomePeople > 1 || parameters.localNetworkOfficePeople > 1;
}
