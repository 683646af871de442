// Which phones are within range of each other, told when it changes. A grid of cells as wide as the greatest range
// names the pairs worth looking at; for each of them the instants are computed. Cost follows what moves and what is
// switched on, never the number of pairs.
import { assert, present } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { EventHandle, EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { NodeIndex } from '../observation.ts';
import type { ContactSource, OnContact } from './contact-source.ts';
import { contactWindow, type ContactWindow } from './contact-window.ts';
import { positionAt, type Movement, type PositionSource } from './movement.ts';

/** What a finder needs. */
export interface ContactFinderOptions {
  readonly scheduler: Scheduler;
  readonly positions: PositionSource;
  /** Range of a pair in metres, at most `greatestRange`. */
  range(left: NodeIndex, right: NodeIndex): number;
  readonly greatestRange: number;
  readonly onContact: OnContact;
}

interface Walker {
  readonly node: NodeIndex;
  readonly plane: number;
  movement: Movement;
  /** Cell coordinates. */
  column: number;
  row: number;
  readonly candidates: Map<NodeIndex, Candidate>;
  /** The next change of movement or of cell. */
  handle: EventHandle | undefined;
}

/** Two phones that are on, and within range of each other now or later in their present movements. */
interface Candidate {
  readonly left: Walker;
  readonly right: Walker;
  readonly range: number;
  inRange: boolean;
  /** End of the window that has begun or will begin. */
  leave: Instant;
  /** End of the present piece of movement of either: what comes after is not known yet. */
  until: Instant;
  handle: EventHandle | undefined;
}

/** Cells on each side of a plane's origin: 2^19 cells of tens of metres reach around the globe. */
const halfSide = 524_288;

/** Contacts between the phones that are switched on. */
export class ContactFinder implements ContactSource {
  readonly #options: ContactFinderOptions;
  readonly #cellSize: number;
  readonly #cells = new Map<number, Walker[]>();
  readonly #walkers = new Map<NodeIndex, Walker>();
  readonly #moveEvent: EventKind;
  readonly #rangeEvent: EventKind;

  constructor(options: ContactFinderOptions) {
    this.#options = options;
    // A metre more than the range: rounding never puts a pair in range outside its neighbouring cells.
    this.#cellSize = options.greatestRange + 1;
    this.#moveEvent = options.scheduler.register('radio-moves', (node) => this.#moves(this.#walker(node)));
    this.#rangeEvent = options.scheduler.register('radio-range', (_node, payload) =>
      this.#rangeChanges(payload as Candidate),
    );
  }

  switchOn(node: NodeIndex): void {
    assert(!this.#walkers.has(node), 'a radio is switched on once');
    const { scheduler, positions } = this.#options;
    const movement = positions.movementAt(node, scheduler.now);
    const { x, y } = positionAt(movement, scheduler.now);
    const walker: Walker = {
      node,
      plane: positions.plane(node),
      movement,
      column: Math.floor(x / this.#cellSize),
      row: Math.floor(y / this.#cellSize),
      candidates: new Map(),
      handle: undefined,
    };
    this.#walkers.set(node, walker);
    this.#enterCell(walker);
    this.#meetNeighbours(walker);
    this.#scheduleMove(walker);
  }

  switchOff(node: NodeIndex): void {
    const walker = this.#walkers.get(node);
    if (walker === undefined) return;
    for (const candidate of [...walker.candidates.values()]) this.#part(candidate);
    this.#leaveCell(walker);
    this.#walkers.delete(node);
    if (walker.handle !== undefined) this.#options.scheduler.cancel(walker.handle);
  }

  distance(left: NodeIndex, right: NodeIndex): number {
    const { now } = this.#options.scheduler;
    const here = positionAt(this.#walker(left).movement, now);
    const there = positionAt(this.#walker(right).movement, now);
    const dx = here.x - there.x;
    const dy = here.y - there.y;
    return Math.sqrt(dx * dx + dy * dy);
  }

  distanceHoldsUntil(left: NodeIndex, right: NodeIndex): Instant {
    const here = this.#walker(left).movement;
    const there = this.#walker(right).movement;
    return isStill(here) && isStill(there)
      ? (Math.min(here.end, there.end) as Instant)
      : this.#options.scheduler.now;
  }

  // --- Movement ---

  /** The walker's next piece of movement begins, or it enters the next cell. */
  #moves(walker: Walker): void {
    const { scheduler, positions } = this.#options;
    const { now } = scheduler;
    const { movement } = walker;
    this.#leaveCell(walker);
    if (now >= movement.end) {
      walker.movement = positions.movementAt(walker.node, now);
      const { x, y } = positionAt(walker.movement, now);
      walker.column = Math.floor(x / this.#cellSize);
      walker.row = Math.floor(y / this.#cellSize);
      this.#enterCell(walker);
      for (const candidate of [...walker.candidates.values()]) this.#lookAgain(candidate);
    } else {
      // Counted, not computed anew: the position may lie a rounding error before the border.
      if (this.#crossing(movement.x, movement.vx, walker.column, movement.start) <= now)
        walker.column += Math.sign(movement.vx);
      if (this.#crossing(movement.y, movement.vy, walker.row, movement.start) <= now)
        walker.row += Math.sign(movement.vy);
      this.#enterCell(walker);
    }
    for (const candidate of [...walker.candidates.values()])
      if (!areNeighbours(candidate.left, candidate.right)) this.#part(candidate);
    this.#meetNeighbours(walker);
    this.#scheduleMove(walker);
  }

  #scheduleMove(walker: Walker): void {
    const { movement, column, row } = walker;
    const at = Math.min(
      movement.end,
      this.#crossing(movement.x, movement.vx, column, movement.start),
      this.#crossing(movement.y, movement.vy, row, movement.start),
    );
    const { scheduler } = this.#options;
    walker.handle =
      at === never
        ? undefined
        : scheduler.schedule(Math.max(at, scheduler.now) as Instant, this.#moveEvent, walker.node);
  }

  /** When a coordinate leaves its cell. */
  #crossing(origin: number, speed: number, cell: number, start: Instant): Instant {
    if (speed === 0) return never;
    const border = (speed > 0 ? cell + 1 : cell) * this.#cellSize;
    return Math.min(never, start + Math.ceil((border - origin) / speed)) as Instant;
  }

  #walker(node: NodeIndex): Walker {
    return present(this.#walkers.get(node), 'a phone that is on');
  }

  #enterCell(walker: Walker): void {
    const key = cellKey(walker.plane, walker.column, walker.row);
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, [walker]);
    else cell.push(walker);
  }

  #leaveCell(walker: Walker): void {
    const key = cellKey(walker.plane, walker.column, walker.row);
    const cell = present(this.#cells.get(key), 'cell of a phone');
    if (cell.length === 1) this.#cells.delete(key);
    else cell.splice(cell.indexOf(walker), 1);
  }

  // --- Pairs ---

  #meetNeighbours(walker: Walker): void {
    for (let column = walker.column - 1; column <= walker.column + 1; column++) {
      for (let row = walker.row - 1; row <= walker.row + 1; row++) {
        const cell = this.#cells.get(cellKey(walker.plane, column, row));
        if (cell === undefined) continue;
        for (const other of [...cell])
          if (other !== walker && !walker.candidates.has(other.node)) this.#meet(walker, other);
      }
    }
  }

  /** Keeps the pair if it will be within range while both keep their present movements. */
  #meet(walker: Walker, other: Walker): void {
    const { scheduler, greatestRange } = this.#options;
    const { now } = scheduler;
    const until = Math.min(walker.movement.end, other.movement.end) as Instant;
    // Most are too far for any pair: they cost no draw.
    if (contactWindow(walker.movement, other.movement, greatestRange, now, until) === undefined) return;
    const [left, right] = walker.node < other.node ? [walker, other] : [other, walker];
    const range = this.#options.range(left.node, right.node);
    const window = contactWindow(left.movement, right.movement, range, now, until);
    if (window === undefined) return;
    const candidate: Candidate = {
      left,
      right,
      range,
      inRange: false,
      leave: now,
      until,
      handle: undefined,
    };
    left.candidates.set(right.node, candidate);
    right.candidates.set(left.node, candidate);
    this.#follow(candidate, window, until);
  }

  #part(candidate: Candidate): void {
    const { left, right } = candidate;
    left.candidates.delete(right.node);
    right.candidates.delete(left.node);
    if (candidate.handle !== undefined) this.#options.scheduler.cancel(candidate.handle);
    this.#tell(candidate, false);
  }

  /** Computes what happens to the pair while both keep their present movements. */
  #lookAgain(candidate: Candidate): void {
    const { left, right, range } = candidate;
    const { now } = this.#options.scheduler;
    const until = Math.min(left.movement.end, right.movement.end) as Instant;
    // The other one's next movement begins at this very instant, too, and will tell.
    if (until <= now) return;
    const window = contactWindow(left.movement, right.movement, range, now, until);
    if (window === undefined) this.#part(candidate);
    else this.#follow(candidate, window, until);
  }

  #follow(candidate: Candidate, { enter, leave }: ContactWindow, until: Instant): void {
    const { scheduler } = this.#options;
    if (candidate.handle !== undefined) scheduler.cancel(candidate.handle);
    candidate.handle = undefined;
    candidate.until = until;
    candidate.leave = leave;
    const inRange = enter <= scheduler.now;
    if (inRange) this.#scheduleEnd(candidate);
    else candidate.handle = scheduler.schedule(enter, this.#rangeEvent, -1, candidate);
    this.#tell(candidate, inRange);
  }

  /** A computed instant has come: the pair enters or leaves. On one piece of movement each happens once. */
  #rangeChanges(candidate: Candidate): void {
    candidate.handle = undefined;
    if (candidate.inRange) {
      this.#part(candidate);
      return;
    }
    this.#scheduleEnd(candidate);
    this.#tell(candidate, true);
  }

  #scheduleEnd(candidate: Candidate): void {
    if (candidate.leave < candidate.until)
      candidate.handle = this.#options.scheduler.schedule(candidate.leave, this.#rangeEvent, -1, candidate);
  }

  #tell(candidate: Candidate, inRange: boolean): void {
    if (candidate.inRange === inRange) return;
    candidate.inRange = inRange;
    const { left, right, range } = candidate;
    this.#options.onContact(left.node, right.node, range, inRange);
  }
}

function isStill({ vx, vy }: Movement): boolean {
  return vx === 0 && vy === 0;
}

function areNeighbours(left: Walker, right: Walker): boolean {
  return Math.abs(left.column - right.column) <= 1 && Math.abs(left.row - right.row) <= 1;
}

/** A number below 2^53 for each cell of each plane. */
function cellKey(plane: number, column: number, row: number): number {
  return (plane * 2 * halfSide + column + halfSide) * 2 * halfSide + row + halfSide;
}
