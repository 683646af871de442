// How each kind of event is marked. Shape and colour tell the same, so that either alone is enough.
import type { DrawnEvent } from './drawn-room.ts';

/** What a mark says. */
export type MarkKind = 'in-state' | 'superseded' | 'message' | 'soft-failed' | 'rejected' | 'unknown';

/** The kind of mark of an event. */
export function markKindOf({ verdict, isInState, stateKey }: DrawnEvent): MarkKind {
  if (verdict !== 'accepted') return verdict;
  if (stateKey === undefined) return 'message';
  return isInState ? 'in-state' : 'superseded';
}

/** In the order of the legend. */
export const markLabels: Readonly<Record<MarkKind, string>> = {
  'in-state': 'state event, in the resolved state',
  superseded: 'state event, replaced or resolved away',
  message: 'message event',
  'soft-failed': 'soft-failed',
  rejected: 'rejected',
  unknown: 'unknown: what decides is missing',
};

export const extremityLabel = 'forward extremity';

/** A mark around the origin. */
export function mark(kind: MarkKind): string {
  switch (kind) {
    case 'in-state':
      return '<circle r="5.5" class="in-state"/>';
    case 'superseded':
      return '<circle r="4.5" class="superseded"/>';
    case 'message':
      return '<circle r="3" class="message"/>';
    case 'soft-failed':
      return '<path d="M0-6 6 0 0 6-6 0Z" class="soft-failed"/>';
    case 'rejected':
      return '<circle r="7" class="ground"/><path d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5" class="rejected"/>';
    case 'unknown':
      return '<circle r="5" class="unknown"/>';
  }
}

/** Around the mark of a forward extremity. */
export const extremityRing = '<circle r="9" class="extremity"/>';

/** Colours for light and dark surroundings. Contrast with the ground is at least 4.5 to 1 for text, 3 to 1 for marks. */
export const stylesheet = `
svg{--ground:#fff;--text:#1f2328;--dim:#59636e;--line:#8c959f;--band:#f6f8fa;--state:#0969da;--bad:#cf222e;--soft:#9a6700;--tip:#1a7f37;
background:var(--ground);font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media(prefers-color-scheme:dark){svg{--ground:#0d1117;--text:#e6edf3;--dim:#9198a1;--line:#6e7681;--band:#151b23;--state:#4493f8;--bad:#f85149;--soft:#d29922;--tip:#3fb950}}
text{fill:var(--text);white-space:pre}
.ground{fill:var(--ground)}
.band{fill:var(--band)}
.dim{fill:var(--dim)}
.title{font-size:16px;font-weight:600}
.edge{fill:none;stroke:var(--line);stroke-width:1.5}
.stub{stroke-dasharray:2 3}
.from-rejected{stroke-dasharray:4 3}
.in-state{fill:var(--state);stroke:var(--ground);stroke-width:1}
.superseded{fill:var(--ground);stroke:var(--state);stroke-width:2}
.message{fill:var(--line)}
.soft-failed{fill:var(--ground);stroke:var(--soft);stroke-width:2}
.rejected{fill:none;stroke:var(--bad);stroke-width:2.5;stroke-linecap:round}
.unknown{fill:var(--ground);stroke:var(--dim);stroke-width:2;stroke-dasharray:2 2}
.extremity{fill:none;stroke:var(--tip);stroke-width:2}
.t-in-state{font-weight:600}
.t-message{fill:var(--dim)}
.t-rejected{fill:var(--bad)}
.t-soft-failed{fill:var(--soft)}
.t-unknown{fill:var(--dim);font-style:italic}
.t-extremity{fill:var(--tip);font-weight:600}
`.trim();
