// Where the nodes of a replay are drawn: people where they live, city by city; machines in a row above them. Where there
// are more people than can be told apart, neighbours are drawn as one.
import type { ReplayStart } from '../../../views/replay.ts';
import { groupsOf } from './neighbours.ts';
import { spread, type Box, type Place } from './spread.ts';

/** A dot of the picture: one machine, one person, or neighbours. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** People drawn here; none for a machine. */
  readonly people: readonly number[];
  /** Name of a machine, and how wide it may be written, pixels. */
  readonly server?: string;
  readonly nameWidth?: number;
}

/** The ground on which the people of a city are drawn. */
export interface Ground extends Box {
  readonly text: string;
}

/** A picture's places, in pixels. */
export interface Placement {
  readonly spots: readonly Spot[];
  /** Spot of each person, then of each server. */
  readonly ofPerson: Int32Array;
  readonly ofServer: readonly number[];
  readonly grounds: readonly Ground[];
  /** People drawn as one at most; 1: everybody has a dot. */
  readonly groupSize: number;
}

/** People drawn one by one at most. */
const mostAlone = 1_000;
const serverBand = 84;
/** Between grounds, and between a ground's edge and its people. */
const gap = 8;
const margin = 12;
/** Of a ground, for the name of its city. */
const nameHeight = 20;
const largestDot = 6;
/** Share of a ground that is left free on each side, so that a district at the rim has room to become a flock. */
const edge = 0.14;

/** Boxes side by side, as square as the picture lets them be; those of the last row share its width. */
function boxesFor(count: number, top: number, width: number, height: number): readonly Box[] {
  const sideFor = (columns: number): number =>
    Math.min(width / columns, (height - top) / Math.ceil(count / columns));
  const choices = Array.from({ length: count }, (_, index) => index + 1);
  const most = choices.reduce((best, each) => (sideFor(each) > sideFor(best) ? each : best), 1);
  const rows = Math.ceil(count / most);
  const columns = Math.ceil(count / rows);
  const boxHeight = (height - top) / rows;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const boxWidth = width / Math.min(columns, count - row * columns);
    return {
      x: (index % columns) * boxWidth + gap / 2,
      y: top + row * boxHeight + gap / 2,
      width: boxWidth - gap,
      height: boxHeight - gap,
    };
  });
}

interface Region {
  readonly box: Box;
  readonly name: string | undefined;
  readonly people: readonly number[];
  /** Of each of these people, within a square of side 1, north at the top; undefined: in a circle. */
  readonly homes: readonly Place[] | undefined;
}

function regionsOf(
  { people, places }: Pick<ReplayStart, 'people' | 'places'>,
  top: number,
  width: number,
  height: number,
): readonly Region[] {
  const everybody = Array.from({ length: people }, (_, person) => person);
  if (places === null) {
    const [box] = boxesFor(1, top, width, height) as [Box];
    return [{ box, name: undefined, people: everybody, homes: undefined }];
  }
  const members = new Map<number, number[]>();
  for (const person of everybody) {
    const city = places.people[person]?.[0] ?? 0;
    const list = members.get(city);
    if (list === undefined) members.set(city, [person]);
    else list.push(person);
  }
  const order = [...members.keys()].sort(
    (left, right) => (places.cities[left]?.longitude ?? 0) - (places.cities[right]?.longitude ?? 0),
  );
  const boxes = boxesFor(order.length, top, width, height);
  return order.map((city, index): Region => {
    const persons = members.get(city) ?? [];
    return {
      box: boxes[index] ?? { x: 0, y: top, width, height: height - top },
      name: places.cities[city]?.name,
      people: persons,
      homes: withinSquare(
        persons.map((person) => ({
          x: places.people[person]?.[1] ?? 0,
          y: -(places.people[person]?.[2] ?? 0),
        })),
      ),
    };
  });
}

function withinSquare(places: readonly Place[]): readonly Place[] {
  const share = (of: (place: Place) => number): ((place: Place) => number) => {
    const values = places.map(of);
    const least = values.reduce((low, value) => Math.min(low, value), Infinity);
    const most = values.reduce((high, value) => Math.max(high, value), -Infinity);
    return (place) => (most === least ? 0.5 : (of(place) - least) / (most - least));
  };
  const [x, y] = [share((place) => place.x), share((place) => place.y)];
  return places.map((place) => ({ x: x(place), y: y(place) }));
}

/** The people of a region as dots on its ground. */
function dotsOf({ box, name, people, homes }: Region, groupSize: number): readonly Spot[] {
  const inner: Box = {
    x: box.x + margin,
    y: box.y + margin + (name === undefined ? 0 : nameHeight),
    width: Math.max(1, box.width - 2 * margin),
    height: Math.max(1, box.height - 2 * margin - (name === undefined ? 0 : nameHeight)),
  };
  const known = homes ?? people.map((_, index) => onCircle(index / people.length));
  const groups = groupSize === 1 ? people.map((_, index) => [index]) : groupsOf(known, groupSize);
  const room = Math.sqrt((inner.width * inner.height) / Math.max(1, groups.length));
  const radius = Math.max(1.5, Math.min(largestDot + (groupSize === 1 ? 0 : 3), room * 0.3));
  const middles = groups.map((group): Place => {
    const mean = (of: (place: Place) => number): number =>
      group.reduce((sum, index) => sum + of(known[index] ?? { x: 0, y: 0 }), 0) / group.length;
    return {
      x: inner.x + (edge + (1 - 2 * edge) * mean(({ x }) => x)) * inner.width,
      y: inner.y + (edge + (1 - 2 * edge) * mean(({ y }) => y)) * inner.height,
    };
  });
  return spread(middles, 2 * radius + 1.5, inner).map(({ x, y }, index) => ({
    x,
    y,
    radius,
    people: (groups[index] ?? []).map((each) => people[each] ?? 0),
  }));
}

function onCircle(share: number): Place {
  const angle = share * 2 * Math.PI;
  return { x: 0.5 + Math.cos(angle) / 2, y: 0.5 + Math.sin(angle) / 2 };
}

/** Lays out a replay in a picture of this size. */
export function placementFor(
  start: Pick<ReplayStart, 'servers' | 'people' | 'places'>,
  width: number,
  height: number,
): Placement {
  const { servers, people } = start;
  const top = servers.length === 0 ? 0 : serverBand;
  const regions = regionsOf(start, top, width, height);
  const groupSize = people <= mostAlone ? 1 : Math.ceil(people / (mostAlone - regions.length));
  const spots: Spot[] = regions.flatMap((region) => dotsOf(region, groupSize));
  const ofPerson = new Int32Array(people);
  for (const [index, spot] of spots.entries()) for (const person of spot.people) ofPerson[person] = index;
  const ofServer = servers.map((server, index) => {
    const slot = width / servers.length;
    spots.push({
      x: (index + 0.5) * slot,
      y: serverBand / 2 - 12 + (index % 2) * 26,
      radius: 7,
      people: [],
      server,
      nameWidth: 2 * slot - 6,
    });
    return spots.length - 1;
  });
  const grounds = regions.flatMap(({ name, box, people: { length } }) =>
    name === undefined ? [] : [{ ...box, text: `${name} · ${length}` }],
  );
  return { spots, ofPerson, ofServer, grounds, groupSize };
}
