// Where the nodes of a replay are drawn: people where they live, city by city; machines in a row above them. Where there
// are more people than can be told apart, neighbours are drawn as one.
import type { ReplayStart } from '../../../views/replay.ts';

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

/** A picture's places, in pixels. */
export interface Placement {
  readonly spots: readonly Spot[];
  /** Spot of each person, then of each server. */
  readonly ofPerson: Int32Array;
  readonly ofServer: readonly number[];
  readonly labels: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  readonly isClustered: boolean;
}

/** People drawn one by one at most. */
const mostAlone = 1_000;
const serverBand = 84;
const margin = 22;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes for cities, from west to east, as square as the picture lets them be. */
function boxesFor(count: number, top: number, width: number, height: number): readonly Box[] {
  const columns = Math.max(1, Math.min(count, Math.round(Math.sqrt((count * width) / (height - top)))));
  const rows = Math.ceil(count / columns);
  const [boxWidth, boxHeight] = [width / columns, (height - top) / rows];
  return Array.from({ length: count }, (_, index) => ({
    x: (index % columns) * boxWidth,
    y: top + Math.floor(index / columns) * boxHeight,
    width: boxWidth,
    height: boxHeight,
  }));
}

interface Home {
  readonly x: number;
  readonly y: number;
}

function homesOf(
  { people, places }: Pick<ReplayStart, 'people' | 'places'>,
  top: number,
  width: number,
  height: number,
): { readonly homes: readonly Home[]; readonly labels: Placement['labels'] } {
  if (places === null) {
    const [cx, cy] = [width / 2, top + (height - top) / 2];
    const radius = Math.max(10, Math.min(width, height - top) / 2 - margin);
    const homes = Array.from({ length: people }, (_, person) => {
      const angle = (person / people) * 2 * Math.PI;
      return { x: cx + radius * Math.cos(angle), y: cy + radius * Math.sin(angle) };
    });
    return { homes, labels: [] };
  }
  const order = places.cities
    .map((city, index) => ({ ...city, index }))
    .sort((left, right) => left.longitude - right.longitude);
  const boxes = boxesFor(order.length, top, width, height);
  const boxOf = new Map(order.map(({ index }, at) => [index, boxes[at]]));
  const members = new Map<number, number[]>();
  places.people.forEach(([city], person) => members.set(city, [...(members.get(city) ?? []), person]));
  const homes: Home[] = [];
  for (const [city, persons] of members) {
    const box = boxOf.get(city) ?? { x: 0, y: top, width, height: height - top };
    const xs = persons.map((person) => places.people[person]?.[1] ?? 0);
    const ys = persons.map((person) => places.people[person]?.[2] ?? 0);
    const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    persons.forEach((person, index) => {
      const share = (value: number, low: number, high: number): number =>
        high === low ? 0.5 : (value - low) / (high - low);
      homes[person] = {
        x: box.x + margin + share(xs[index] ?? 0, west, east) * Math.max(1, box.width - 2 * margin),
        y: box.y + margin + (1 - share(ys[index] ?? 0, south, north)) * Math.max(1, box.height - 2 * margin),
      };
    });
  }
  const labels = order.map(({ name }, at) => {
    const box = boxes[at];
    return { text: name, x: (box?.x ?? 0) + 6, y: (box?.y ?? 0) + 13 };
  });
  return { homes, labels };
}

/** Lays out a replay in a picture of this size. */
export function placementFor(
  start: Pick<ReplayStart, 'servers' | 'people' | 'places'>,
  width: number,
  height: number,
): Placement {
  const { servers, people } = start;
  const top = servers.length === 0 ? 0 : serverBand;
  const { homes, labels } = homesOf(start, top, width, height);
  const isClustered = people > mostAlone;
  const cell = isClustered ? 26 : 0;
  const spots: Spot[] = [];
  const ofPerson = new Int32Array(people);
  const cells = new Map<string, number[]>();
  homes.forEach(({ x, y }, person) => {
    const key = isClustered ? `${Math.floor(x / cell)} ${Math.floor(y / cell)}` : String(person);
    cells.set(key, [...(cells.get(key) ?? []), person]);
  });
  for (const persons of cells.values()) {
    const x = persons.reduce((sum, person) => sum + (homes[person]?.x ?? 0), 0) / persons.length;
    const y = persons.reduce((sum, person) => sum + (homes[person]?.y ?? 0), 0) / persons.length;
    const alone = people > 300 ? 3 : people > 80 ? 4 : 6;
    const radius = isClustered ? Math.min(cell / 2, 3 + Math.sqrt(persons.length)) : alone;
    for (const person of persons) ofPerson[person] = spots.length;
    spots.push({ x, y, radius, people: persons });
  }
  const ofServer = servers.map((server, index) => {
    const slot = width / servers.length;
    spots.push({
      x: (index + 0.5) * slot,
      y: serverBand / 2 - 10 + (index % 2) * 26,
      radius: 7,
      people: [],
      server,
      nameWidth: 2 * slot - 6,
    });
    return spots.length - 1;
  });
  return { spots, ofPerson, ofServer, labels, isClustered };
}
