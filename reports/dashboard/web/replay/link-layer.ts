// The links of one instant on the picture: who spoke with whom in the minute before, what a fault held up, who met
// failures, and who is down. Where no line is drawn nothing came through.
import type { ReplayLink, ReplayLinks } from '../../../views/replay-links.ts';
import { colour } from '../colours.ts';
import type { Placement, Spot } from './layout.ts';

/** Machines that are drawn at most. */
const mostMachines = 60;

const person = (node: string): number | undefined => {
  const found = /^(?:phone|computer)\/(\d+)$/.exec(node);
  return found === null ? undefined : Number(found[1]);
};

/** Machines of the links that are not drawn yet, the busiest first, as far as there is room. */
export function machinesOf(
  { links, down, failures }: ReplayLinks,
  drawn: readonly string[],
): readonly string[] {
  const named = [
    ...down,
    ...failures.map(([node]) => node),
    ...links.flatMap(({ from, to }: ReplayLink) => [from, to]),
  ].filter((node) => person(node) === undefined);
  return [...new Set([...drawn, ...named])].slice(0, Math.max(drawn.length, mostMachines));
}

/** Paints the links of one instant. */
export class LinkLayer {
  readonly #links: ReplayLinks;
  readonly #servers: readonly string[];

  /** `servers`: the machines in the order in which they are placed. */
  constructor(links: ReplayLinks, servers: readonly string[]) {
    this.#links = links;
    this.#servers = servers;
  }

  /** The same in words. */
  get words(): string {
    const { links, failures, down, unlisted } = this.#links;
    const hindered = links.filter((link) => link.hindered > 0).length;
    const machinesDown = down.filter((node) => person(node) === undefined).length;
    const parts = [
      `${links.length + unlisted} links were used in the minute before`,
      `${hindered} of them held up by a fault`,
      `${failures.length} nodes were refused or got no answer because of one`,
      `${down.length} are off or down${machinesDown > 0 ? ` (${machinesDown} machines)` : ''}`,
    ];
    return `${parts.join(' · ')}.`;
  }

  paint(context: CanvasRenderingContext2D, placement: Placement): void {
    const { links, failures, down } = this.#links;
    const spotOf = this.#finder(placement);
    const [line, held, bad] = [colour('--soft'), colour('--held'), colour('--bad')];
    for (const { from, to, messages, hindered } of links) {
      const [a, b] = [spotOf(from), spotOf(to)];
      if (a === undefined || b === undefined || a === b) continue;
      context.globalAlpha = hindered > 0 ? 0.8 : 0.3;
      context.strokeStyle = hindered > 0 ? held : line;
      context.setLineDash(hindered > 0 ? [5, 3] : []);
      context.lineWidth = Math.min(4, 0.6 + Math.log10(messages));
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
      context.stroke();
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    for (const [node] of failures) cross(context, spotOf(node), bad, 3);
    for (const node of down) cross(context, spotOf(node), bad, 6);
  }

  #finder({ spots, ofPerson, ofServer }: Placement): (node: string) => Spot | undefined {
    const servers = new Map(this.#servers.map((name, index) => [name, ofServer[index] ?? -1]));
    return (node) => {
      const number = person(node);
      return spots[number === undefined ? (servers.get(node) ?? -1) : (ofPerson[number] ?? -1)];
    };
  }
}

function cross(context: CanvasRenderingContext2D, spot: Spot | undefined, style: string, arm: number): void {
  if (spot === undefined) return;
  const [x, y] = [spot.x + spot.radius + 3, spot.y - spot.radius - 3];
  context.strokeStyle = style;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x + arm, y - arm);
  context.lineTo(x - arm, y + arm);
  context.stroke();
}
