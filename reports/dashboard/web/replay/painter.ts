// Paints one instant of a replay onto a canvas. Colour and shape tell the same: a ring is cut off, a square holds
// something because of a fault.
import { colour } from '../colours.ts';
import type { Placement, Spot } from './layout.ts';
import type { LinkLayer } from './link-layer.ts';
import type { Move, ReplayRecord } from './record.ts';

/** Deliveries painted at once. */
const mostMoves = 3_000;

/** What an instant looks like, for the line of text beside the picture. */
export interface Painted {
  readonly cutOff: number;
  readonly underWay: number;
  readonly held: number;
}

interface Palette {
  readonly ground: string;
  readonly fine: string;
  readonly cutOff: string;
  readonly held: string;
  readonly late: string;
  readonly move: string;
  readonly text: string;
  readonly line: string;
}

function palette(): Palette {
  return {
    ground: colour('--card'),
    fine: colour('--fine'),
    cutOff: colour('--bad'),
    held: colour('--held'),
    late: colour('--bad'),
    move: colour('--accent'),
    text: colour('--soft'),
    line: colour('--line'),
  };
}

/** Paints into one canvas. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #record: ReplayRecord;
  readonly #placement: Placement;
  readonly #colours = palette();
  /** Drawn under everything else until it is taken away. */
  layer: LinkLayer | undefined;
  /** Late deliveries as they were painted last, for whoever points at one. */
  #dots: { readonly x: number; readonly y: number; readonly move: Move }[] = [];

  constructor(canvas: HTMLCanvasElement, record: ReplayRecord, placement: Placement) {
    this.#canvas = canvas;
    this.#record = record;
    this.#placement = placement;
  }

  /** Paints an instant; `since`: how far back what has come is still shown. Milliseconds. */
  paint(time: number, since: number, selected: number | undefined): Painted {
    const context = this.#canvas.getContext('2d');
    if (context === null) return { cutOff: 0, underWay: 0, held: 0 };
    const ratio = this.#canvas.width / this.#canvas.clientWidth || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = this.#colours.ground;
    context.fillRect(0, 0, this.#canvas.clientWidth, this.#canvas.clientHeight);
    const cutOff = this.#record.cutOffAt(time);
    const moves = this.#record.movesAt(time, since, mostMoves);
    const heldAt = new Map<number, number>();
    this.#dots = [];
    this.layer?.paint(context, this.#placement);
    for (const move of moves) if (!move.isLate) this.#paintOrdinary(context, move, time);
    for (const move of moves) if (move.isLate) this.#paintLate(context, move, time, heldAt);
    this.#placement.spots.forEach((spot, index) =>
      this.#paintSpot(context, spot, {
        isCutOff: spot.people.some((person) => cutOff.has(person)),
        held: heldAt.get(index) ?? 0,
        isSelected: index === selected,
      }),
    );
    context.fillStyle = this.#colours.text;
    context.font = '12px system-ui, sans-serif';
    for (const { text, x, y } of this.#placement.labels) context.fillText(text, x, y);
    const underWay = moves.filter(({ sent, delivered }) => sent <= time && delivered > time).length;
    return { cutOff: cutOff.size, underWay, held: this.#dots.length };
  }

  /** The late delivery, or else the spot, at a point of the picture. */
  at(x: number, y: number): { readonly move: Move } | { readonly spot: number } | undefined {
    const near = (left: number, top: number, reach: number): boolean =>
      (left - x) ** 2 + (top - y) ** 2 <= reach ** 2;
    const dot = this.#dots.find((each) => near(each.x, each.y, 6));
    if (dot !== undefined) return { move: dot.move };
    const spot = this.#placement.spots.findIndex((each) => near(each.x, each.y, each.radius + 6));
    return spot === -1 ? undefined : { spot };
  }

  /** Late deliveries that were painted last, each message once. */
  get late(): readonly Move[] {
    return [...new Map(this.#dots.map(({ move }) => [move.message, move])).values()];
  }

  #spotOfPerson(person: number): Spot | undefined {
    return this.#placement.spots[this.#placement.ofPerson[person] ?? -1];
  }

  #paintOrdinary(context: CanvasRenderingContext2D, move: Move, time: number): void {
    const [from, to] = [this.#spotOfPerson(move.sender), this.#spotOfPerson(move.recipient)];
    if (from === undefined || to === undefined) return;
    const hasCome = move.delivered <= time;
    context.globalAlpha = hasCome ? 0.25 : 0.6;
    context.strokeStyle = this.#colours.move;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    const share = hasCome
      ? 1
      : (time - move.sent) / Math.max(1, Math.min(move.delivered, time * 2) - move.sent);
    context.globalAlpha = 1;
    context.fillStyle = this.#colours.move;
    context.beginPath();
    context.arc(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share, 2, 0, 7);
    context.fill();
  }

  /** A late delivery stands at whoever holds it, with a broken line to whom it has not reached. */
  #paintLate(context: CanvasRenderingContext2D, move: Move, time: number, heldAt: Map<number, number>): void {
    if (move.delivered <= time) return this.#paintOrdinary(context, move, time);
    const holder = this.#record.holderOf(move, time);
    const index =
      holder?.server === undefined
        ? (this.#placement.ofPerson[holder?.person ?? move.sender] ?? -1)
        : (this.#placement.ofServer[holder.server] ?? -1);
    const [at, to] = [this.#placement.spots[index], this.#spotOfPerson(move.recipient)];
    if (at === undefined || to === undefined) return;
    if (holder?.isByFault !== false) heldAt.set(index, (heldAt.get(index) ?? 0) + 1);
    context.globalAlpha = 0.35;
    context.strokeStyle = this.#colours.late;
    context.setLineDash([2, 5]);
    context.beginPath();
    context.moveTo(at.x, at.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
    // Around the holder, each message at a place of its own, so that it can be pointed at.
    const angle = (move.message * 2.399963) % (2 * Math.PI);
    const away = at.radius + 5 + (move.message % 3) * 3;
    const [x, y] = [at.x + away * Math.cos(angle), at.y + away * Math.sin(angle)];
    context.fillStyle = this.#colours.late;
    context.beginPath();
    context.arc(x, y, 2.2, 0, 7);
    context.fill();
    this.#dots.push({ x, y, move });
  }

  #paintSpot(
    context: CanvasRenderingContext2D,
    { x, y, radius, people, server, nameWidth }: Spot,
    health: { readonly isCutOff: boolean; readonly held: number; readonly isSelected: boolean },
  ): void {
    const { fine, cutOff, held, ground, text } = this.#colours;
    context.lineWidth = 2;
    context.fillStyle = health.held > 0 ? held : fine;
    context.beginPath();
    if (server !== undefined || health.held > 0) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else context.arc(x, y, radius, 0, 7);
    if (health.isCutOff) {
      context.fillStyle = ground;
      context.strokeStyle = cutOff;
      context.fill();
      context.stroke();
    } else context.fill();
    if (health.isSelected) {
      context.strokeStyle = text;
      context.beginPath();
      context.arc(x, y, radius + 5, 0, 7);
      context.stroke();
    }
    context.fillStyle = text;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'center';
    if (server !== undefined) {
      const name = health.isSelected ? server : shortened(context, server, nameWidth ?? Infinity);
      context.fillText(name, clampedCentre(context, name, x, this.#canvas.clientWidth), y + radius + 11);
    } else if (people.length > 1) context.fillText(String(people.length), x, y + 4);
    context.textAlign = 'start';
  }
}

/** The shortest name worth writing; a machine without one is named when it is pointed at. */
const fewestLetters = 4;

function shortened(context: CanvasRenderingContext2D, name: string, width: number): string {
  if (context.measureText(name).width <= width) return name;
  for (let letters = name.length - 1; letters >= fewestLetters; letters--) {
    const short = `…${name.slice(-letters)}`;
    if (context.measureText(short).width <= width) return short;
  }
  return '';
}

function clampedCentre(context: CanvasRenderingContext2D, name: string, x: number, width: number): number {
  const half = context.measureText(name).width / 2 + 2;
  return Math.min(Math.max(x, half), Math.max(half, width - half));
}
