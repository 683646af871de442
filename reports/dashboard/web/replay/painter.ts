// Paints one instant of a replay onto a canvas. Colour and shape tell the same: a ring is cut off, a square holds
// something because of a fault.
import { colour } from '../colours.ts';
import { cutAtStart } from '../fitted-text.ts';
import { InstantSurvey, type Survey } from './survey.ts';
import type { Placement, Spot } from './layout.ts';
import type { LinkLayer } from './link-layer.ts';
import type { ReplayRecord } from './record.ts';

/** Late deliveries that are drawn one by one around their holder; more are drawn as a number. */
const mostDots = 12;
/** Lines of a kind that are drawn at once; of more, every second, third … is. */
const mostLines = 1_200;

interface Palette {
  readonly ground: string;
  readonly city: string;
  readonly fine: string;
  readonly bad: string;
  readonly held: string;
  readonly move: string;
  readonly text: string;
  readonly line: string;
}

function palette(): Palette {
  return {
    ground: colour('--card'),
    city: colour('--page'),
    fine: colour('--fine'),
    bad: colour('--bad'),
    held: colour('--held'),
    move: colour('--accent'),
    text: colour('--soft'),
    line: colour('--line'),
  };
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly reach: number;
  readonly row: number;
}

/** Paints into one canvas. */
export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #record: ReplayRecord;
  readonly #placement: Placement;
  readonly #survey: InstantSurvey;
  readonly #colours = palette();
  /** Drawn under everything else until it is taken away. */
  layer: LinkLayer | undefined;
  /** Late deliveries as they were painted last, for whoever points at one. */
  #dots: Dot[] = [];

  constructor(canvas: HTMLCanvasElement, record: ReplayRecord, placement: Placement) {
    this.#canvas = canvas;
    this.#record = record;
    this.#placement = placement;
    this.#survey = new InstantSurvey(record, placement);
  }

  /** Paints an instant; `since`: how far back what has come is still shown. Milliseconds. */
  paint(time: number, since: number, selected: number | undefined): Survey {
    const survey = this.#survey.at(time, since);
    const context = this.#canvas.getContext('2d');
    if (context === null) return survey;
    const ratio = this.#canvas.width / this.#canvas.clientWidth || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.globalAlpha = 1;
    context.fillStyle = this.#colours.ground;
    context.fillRect(0, 0, this.#canvas.clientWidth, this.#canvas.clientHeight);
    this.#dots = [];
    this.#paintGrounds(context);
    this.layer?.paint(context, this.#placement);
    this.#paintLateLines(context, survey.lateWays);
    this.#paintOrdinary(context, survey.ordinary, time);
    this.#paintPeople(context, survey, selected);
    this.#paintMachines(context, survey, selected);
    for (const [spot, rows] of survey.lateAt) this.#paintLate(context, spot, rows);
    return survey;
  }

  /** The row of the late delivery, or else the spot, at a point of the picture. */
  at(x: number, y: number): { readonly row: number } | { readonly spot: number } | undefined {
    const near = (left: number, top: number, reach: number): boolean =>
      (left - x) ** 2 + (top - y) ** 2 <= reach ** 2;
    const dot = this.#dots.find((each) => near(each.x, each.y, each.reach));
    if (dot !== undefined) return { row: dot.row };
    const spot = this.#placement.spots.findIndex((each) => near(each.x, each.y, each.radius + 4));
    return spot === -1 ? undefined : { spot };
  }

  #paintGrounds(context: CanvasRenderingContext2D): void {
    const { city, line, text } = this.#colours;
    context.lineWidth = 1;
    context.font = '12px system-ui, sans-serif';
    context.textAlign = 'start';
    for (const { x, y, width, height, text: name } of this.#placement.grounds) {
      context.fillStyle = city;
      context.strokeStyle = line;
      context.beginPath();
      context.roundRect(x, y, width, height, 8);
      context.fill();
      context.stroke();
      context.fillStyle = text;
      context.fillText(name, x + 10, y + 17, width - 20);
    }
  }

  /** From whoever holds something to whom it has not reached. */
  #paintLateLines(context: CanvasRenderingContext2D, ways: readonly (readonly [number, number])[]): void {
    context.strokeStyle = this.#colours.bad;
    context.lineWidth = 1;
    // A few are told apart by their dashes, a thousand by being faint.
    context.globalAlpha = Math.max(0.12, Math.min(0.6, 40 / ways.length));
    context.setLineDash(ways.length > 300 ? [] : [2, 5]);
    context.beginPath();
    for (const [from, to] of sample(ways, mostLines)) {
      const [a, b] = [this.#placement.spots[from], this.#placement.spots[to]];
      if (a === undefined || b === undefined) continue;
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /** What is on its way is a dot on a line, what has just come a fading line. */
  #paintOrdinary(context: CanvasRenderingContext2D, rows: readonly number[], time: number): void {
    const shown = sample(rows, mostLines);
    context.strokeStyle = this.#colours.move;
    context.fillStyle = this.#colours.move;
    context.lineWidth = 1;
    for (const hasCome of [true, false]) {
      context.globalAlpha = (hasCome ? 0.35 : 0.8) * Math.max(0.3, Math.min(1, 150 / shown.length));
      context.beginPath();
      for (const row of shown) {
        if (this.#record.deliveredAt(row) <= time !== hasCome) continue;
        const [from, to] = this.#ends(row);
        if (from === undefined || to === undefined) continue;
        context.moveTo(from.x, from.y);
        context.lineTo(to.x, to.y);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
    context.beginPath();
    for (const row of shown) {
      const [from, to] = this.#ends(row);
      if (from === undefined || to === undefined) continue;
      const [sent, delivered] = [this.#record.sentAt(row), this.#record.deliveredAt(row)];
      const share = delivered <= time ? 1 : (time - sent) / Math.max(1, delivered - sent);
      const [x, y] = [from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share];
      context.moveTo(x + 2, y);
      context.arc(x, y, 2, 0, 7);
    }
    context.fill();
  }

  #ends(row: number): readonly [Spot | undefined, Spot | undefined] {
    const { spots, ofPerson } = this.#placement;
    return [
      spots[ofPerson[this.#record.senderOf(row)] ?? -1],
      spots[ofPerson[this.#record.recipientOf(row)] ?? -1],
    ];
  }

  #paintPeople(context: CanvasRenderingContext2D, survey: Survey, selected: number | undefined): void {
    const { fine, bad, held, city } = this.#colours;
    this.#placement.spots.forEach((spot, index) => {
      if (spot.server !== undefined) return;
      const share = (survey.cutOffAt.get(index) ?? 0) / spot.people.length;
      const holds = survey.heldAt.has(index);
      context.fillStyle = share > 0 ? city : holds ? held : fine;
      shape(context, spot, holds);
      context.fill();
      if (share > 0) this.#paintRing(context, spot, share, { bad, fine, isSquare: holds });
      if (index === selected) this.#select(context, spot);
    });
  }

  /** A ring whose coloured part is the share of those drawn there who are cut off. */
  #paintRing(
    context: CanvasRenderingContext2D,
    spot: Spot,
    share: number,
    { bad, fine, isSquare }: { readonly bad: string; readonly fine: string; readonly isSquare: boolean },
  ): void {
    context.lineWidth = 2;
    if (share < 1) {
      context.strokeStyle = fine;
      shape(context, spot, false);
      context.stroke();
    }
    context.strokeStyle = bad;
    context.beginPath();
    if (share < 1) context.arc(spot.x, spot.y, spot.radius, -Math.PI / 2, (share - 0.25) * 2 * Math.PI);
    else shape(context, spot, isSquare);
    context.stroke();
  }

  #paintMachines(context: CanvasRenderingContext2D, survey: Survey, selected: number | undefined): void {
    const { fine, held, text, ground } = this.#colours;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'center';
    context.lineWidth = 3;
    this.#placement.spots.forEach((spot, index) => {
      const { server, nameWidth, x, y, radius } = spot;
      if (server === undefined) return;
      context.fillStyle = survey.heldAt.has(index) ? held : fine;
      shape(context, spot, true);
      context.fill();
      const isSelected = index === selected;
      const name = isSelected ? server : cutAtStart(context, server, nameWidth ?? Infinity);
      const half = context.measureText(name).width / 2 + 2;
      const middle = Math.min(Math.max(x, half), Math.max(half, this.#canvas.clientWidth - half));
      // A rim of the ground keeps lines out of the letters.
      context.strokeStyle = ground;
      context.strokeText(name, middle, y + radius + 12);
      context.fillStyle = text;
      context.fillText(name, middle, y + radius + 12);
      if (isSelected) this.#select(context, spot);
    });
    context.textAlign = 'start';
  }

  /** Late deliveries at whoever holds them: few as dots of their own, many as their number. */
  #paintLate(context: CanvasRenderingContext2D, index: number, rows: readonly number[]): void {
    const spot = this.#placement.spots[index];
    if (spot === undefined) return;
    context.fillStyle = this.#colours.bad;
    if (rows.length <= mostDots) {
      rows.forEach((row, place) => {
        const angle = (place / rows.length) * 2 * Math.PI - Math.PI / 2;
        const away = spot.radius + 5;
        const [x, y] = [spot.x + away * Math.cos(angle), spot.y + away * Math.sin(angle)];
        context.beginPath();
        context.arc(x, y, 2.4, 0, 7);
        context.fill();
        this.#dots.push({ x, y, reach: 5, row });
      });
      return;
    }
    const number = String(rows.length);
    context.font = 'bold 10px system-ui, sans-serif';
    const radius = Math.max(6 + Math.sqrt(rows.length) / 8, context.measureText(number).width / 2 + 3);
    const [x, y] = [spot.x + spot.radius + radius * 0.8, spot.y - spot.radius];
    context.beginPath();
    context.arc(x, y, radius, 0, 7);
    context.fill();
    context.fillStyle = this.#colours.ground;
    context.textAlign = 'center';
    context.fillText(number, x, y + 3.5);
    context.textAlign = 'start';
    this.#dots.push({ x, y, reach: radius, row: rows[0] ?? 0 });
  }

  #select(context: CanvasRenderingContext2D, { x, y, radius }: Spot): void {
    context.strokeStyle = this.#colours.text;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, radius + 5, 0, 7);
    context.stroke();
  }
}

function shape(context: CanvasRenderingContext2D, { x, y, radius }: Spot, isSquare: boolean): void {
  context.beginPath();
  if (isSquare) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else context.arc(x, y, radius, 0, 7);
}

/** Evenly chosen where there are too many. */
function sample<Item>(items: readonly Item[], most: number): readonly Item[] {
  if (items.length <= most) return items;
  const each = Math.ceil(items.length / most);
  return items.filter((_, index) => index % each === 0);
}
