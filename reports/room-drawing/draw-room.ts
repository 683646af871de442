// A room's graph as an SVG picture: time runs down, each event has a row with its mark in a lane and its description
// beside it.
import type { DrawnEvent, DrawnRoom } from './drawn-room.ts';
import { layOut, type Layout, type PlacedEdge, type PlacedEvent } from './lanes.ts';
import {
  extremityLabel,
  extremityRing,
  mark,
  markKindOf,
  markLabels,
  stylesheet,
  type MarkKind,
} from './marks.ts';
import { shortened, xmlText } from './xml-text.ts';

// Measures in pixels.
const rowHeight = 22;
const laneWidth = 18;
const margin = 16;
const headHeight = 84;
/** Width of a character of the monospaced fonts named in the stylesheet, at 12 px; they are between 7.0 and 7.3. */
const characterWidth = 7.25;
const gap = 18;

/** Most characters of a column; the rest is in the tooltip. */
const widest = { id: 12, what: 52, sender: 30, note: 76 } as const;

type Column = 'depth' | 'id' | 'what' | 'sender' | 'note';
const columns: readonly Column[] = ['depth', 'id', 'what', 'sender', 'note'];

interface Sheet {
  readonly layout: Layout;
  /** Left edge of each column; the lanes stand between the depth and the id. */
  readonly left: Readonly<Record<Column | 'lanes', number>>;
  readonly width: number;
  readonly height: number;
}

/** The picture as an SVG document. */
export function drawRoom(room: DrawnRoom): string {
  const layout = layOut(room.events, room.last);
  const rows = layout.events.map((placed) => textsOf(placed));
  const sheet = sheetFor(layout, rows, room.events);
  const { width, height } = sheet;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${xmlText(room.title)}">`,
    `<style>${stylesheet}</style>`,
    `<rect width="100%" height="100%" class="ground"/>`,
    head(room),
    bands(sheet),
    `<g>${layout.events.map((placed) => stubs(placed, sheet)).join('')}${layout.edges.map((edge) => edgeLine(edge, sheet)).join('')}</g>`,
    ...layout.events.map((placed, index) => row(placed, rows[index] ?? emptyRow, sheet)),
    '</svg>',
    '',
  ].join('\n');
}

type RowTexts = Readonly<Record<Column, string>>;
const emptyRow: RowTexts = { depth: '', id: '', what: '', sender: '', note: '' };

function textsOf({ event, depth }: PlacedEvent): RowTexts {
  const { eventId, type, stateKey, membership, sender } = event;
  const key = stateKey === undefined || stateKey === '' ? '' : ` ${stateKey}`;
  const what = membership === undefined ? `${type}${key}` : `${membership}${key}`;
  return {
    depth: `${depth}`,
    id: shortened(eventId, widest.id),
    what: shortened(what, widest.what),
    sender: shortened(sender, widest.sender),
    note: shortened(noteOf(event), widest.note),
  };
}

function noteOf({ verdict, reason, isForwardExtremity }: DrawnEvent): string {
  const parts = isForwardExtremity ? [extremityLabel] : [];
  if (verdict !== 'accepted') parts.push(`${verdict}: ${reason ?? ''}`);
  return parts.join('; ');
}

function sheetFor(layout: Layout, rows: readonly RowTexts[], events: readonly DrawnEvent[]): Sheet {
  const widthOf = (column: Column): number =>
    Math.ceil(
      rows.reduce((most, texts) => Math.max(most, Array.from(texts[column]).length), 1) * characterWidth,
    );
  const left = { depth: margin, lanes: 0, id: 0, what: 0, sender: 0, note: 0 };
  left.lanes = left.depth + widthOf('depth') + gap;
  left.id = left.lanes + layout.lanes * laneWidth + gap;
  left.what = left.id + widthOf('id') + gap;
  left.sender = left.what + widthOf('what') + gap;
  left.note = left.sender + widthOf('sender') + gap;
  return {
    layout,
    left,
    width: Math.max(left.note + widthOf('note') + margin, legendWidth(events)),
    height: headHeight + layout.events.length * rowHeight + margin,
  };
}

const x = (lane: number, { left }: Sheet): number => left.lanes + lane * laneWidth + laneWidth / 2;
const y = (rowNumber: number): number => headHeight + rowNumber * rowHeight + rowHeight / 2;

const legendStep = (label: string): number => Math.ceil(label.length * characterWidth) + 40;

/** What the legend explains. Only parts of rooms have verdicts that are unknown. */
function legendOf(events: readonly DrawnEvent[]): readonly (readonly [symbol: string, label: string])[] {
  const hasUnknown = events.some(({ verdict }) => verdict === 'unknown');
  const kinds = (Object.keys(markLabels) as MarkKind[]).filter((kind) => kind !== 'unknown' || hasUnknown);
  return [
    ...kinds.map((kind) => [mark(kind), markLabels[kind]] as const),
    [`${extremityRing}${mark('message')}`, extremityLabel],
  ];
}

function legendWidth(events: readonly DrawnEvent[]): number {
  return legendOf(events).reduce((sum, [, label]) => sum + legendStep(label), 2 * margin);
}

function head({ title, subtitle, events }: DrawnRoom): string {
  let at = margin + 8;
  const entries = legendOf(events).map(([symbol, label]) => {
    const entry = `<g transform="translate(${at} 64)">${symbol}<text x="16" y="4" class="dim">${label}</text></g>`;
    at += legendStep(label);
    return entry;
  });
  return [
    `<text x="${margin}" y="26" class="title">${xmlText(title)}</text>`,
    `<text x="${margin}" y="44" class="dim">${xmlText(subtitle)}</text>`,
    ...entries,
  ].join('\n');
}

/** Every other depth has a ground of its own, so that concurrent events are seen as such. */
function bands({ layout, width }: Sheet): string {
  const first = new Map<number, { from: number; to: number }>();
  for (const { depth, row: at } of layout.events) {
    const band = first.get(depth);
    if (band === undefined) first.set(depth, { from: at, to: at });
    else band.to = at;
  }
  return [...first]
    .filter(([depth]) => depth % 2 === 1)
    .map(
      ([, { from, to }]) =>
        `<rect y="${headHeight + from * rowHeight}" width="${width}" height="${(to - from + 1) * rowHeight}" class="band"/>`,
    )
    .join('');
}

function edgeLine({ older, newer, lane }: PlacedEdge, sheet: Sheet): string {
  const [x1, y1, x2, y2, xm] = [
    x(older.lane, sheet),
    y(older.row),
    x(newer.lane, sheet),
    y(newer.row),
    x(lane, sheet),
  ];
  const refused = older.event.verdict === 'rejected' || newer.event.verdict === 'rejected';
  const path =
    newer.row - older.row === 1
      ? bend(x1, y1, x2, y2)
      : `${bend(x1, y1, xm, y1 + rowHeight)}V${y2 - rowHeight}${bendOn(xm, y2 - rowHeight, x2, y2)}`;
  return `<path d="${path}" class="edge${refused ? ' from-rejected' : ''}"/>`;
}

function bend(x1: number, y1: number, x2: number, y2: number): string {
  return `M${x1} ${y1}${bendOn(x1, y1, x2, y2)}`;
}

function bendOn(x1: number, y1: number, x2: number, y2: number): string {
  if (x1 === x2) return `V${y2}`;
  const middle = (y1 + y2) / 2;
  return `C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`;
}

/** Predecessors that are not in the picture. */
function stubs({ row: at, lane, undrawn }: PlacedEvent, sheet: Sheet): string {
  if (undrawn === 0) return '';
  const centre = x(lane, sheet);
  return `<path d="M${centre} ${y(at)}l-5-${rowHeight * 0.75}" class="edge stub"><title>${undrawn} of its prev_events ${undrawn === 1 ? 'is' : 'are'} not drawn</title></path>`;
}

function row(placed: PlacedEvent, texts: RowTexts, sheet: Sheet): string {
  const { event, lane, row: at } = placed;
  const kind = markKindOf(event);
  const baseline = y(at) + 4;
  const texted = columns.map((column) => {
    const text = texts[column];
    if (text === '') return '';
    const tip = column === 'note' && event.isForwardExtremity && event.verdict === 'accepted';
    const style = column === 'depth' || column === 'id' ? 'dim' : tip ? 't-extremity' : `t-${kind}`;
    return `<text x="${sheet.left[column]}" y="${baseline}" class="${style}">${xmlText(text)}</text>`;
  });
  const ring = event.isForwardExtremity ? extremityRing : '';
  return [
    `<g><title>${xmlText(tooltipOf(event))}</title>`,
    `<rect y="${y(at) - rowHeight / 2}" width="${sheet.width}" height="${rowHeight}" fill="transparent"/>`,
    `<g transform="translate(${x(lane, sheet)} ${y(at)})">${ring}${mark(kind)}</g>`,
    ...texted,
    '</g>',
  ].join('');
}

function tooltipOf(event: DrawnEvent): string {
  const { eventId, type, stateKey, membership, sender, prevEvents } = event;
  const key = stateKey === undefined ? '' : ` ${JSON.stringify(stateKey)}`;
  return [
    eventId,
    `${type}${key}${membership === undefined ? '' : `: ${membership}`} by ${sender}`,
    markLabels[markKindOf(event)],
    ...(noteOf(event) === '' ? [] : [noteOf(event)]),
    `prev_events: ${prevEvents.length === 0 ? 'none' : prevEvents.join(', ')}`,
  ].join('\n');
}
