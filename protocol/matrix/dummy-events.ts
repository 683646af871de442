// Keeping the fronts of rooms short: where a room has too many extremities a server makes an event of no meaning that follows
// some of them, and sends it to nobody: it goes along when somebody asks what a later event follows.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/message.py (`_send_dummy_events_to_fill_extremities`).
import type { Effects } from '../core.ts';
import type { Clock, Instant } from '../time.ts';
import { synapse } from './federation/constants.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { RoomId } from './ids.ts';

export const dummyEventType = 'org.matrix.dummy_event';

const timerName = 'dummy-events';

export class DummyEvents {
  readonly #rooms: ReadonlyMap<RoomId, HostedRoom>;
  /** Makes one in a room; false when no local user may. */
  readonly #make: (clock: Clock, room: HostedRoom, out: Effects) => boolean;
  /** Rooms in which nobody could, until they are tried again. */
  readonly #excluded = new Map<RoomId, Instant>();
  #armed = false;

  constructor(
    rooms: ReadonlyMap<RoomId, HostedRoom>,
    make: (clock: Clock, room: HostedRoom, out: Effects) => boolean,
  ) {
    this.#rooms = rooms;
    this.#make = make;
  }

  /** A room's front has changed: the next look finds something to do, or there is none. */
  noted(clock: Clock, room: HostedRoom, out: Effects): void {
    if (this.#armed || room.extremityCount <= synapse.dummyEvents.moreThan) return;
    this.#armed = true;
    const { every } = synapse.dummyEvents;
    out.setTimer(timerName, ((Math.floor(clock.now / every) + 1) * every) as Instant);
  }

  /** True when the timer was its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer !== timerName) return false;
    this.#armed = false;
    const { moreThan, rooms, excludedFor } = synapse.dummyEvents;
    for (const [roomId, until] of this.#excluded) if (until <= clock.now) this.#excluded.delete(roomId);
    const long = [...this.#rooms.values()].filter(
      ({ roomId, extremityCount }) => extremityCount > moreThan && !this.#excluded.has(roomId),
    );
    long.sort((left, right) => right.extremityCount - left.extremityCount);
    for (const room of long.slice(0, rooms)) {
      out.observe({ kind: 'situation', name: 'matrix.dummy-event' });
      if (!this.#make(clock, room, out))
        this.#excluded.set(room.roomId, (clock.now + excludedFor) as Instant);
    }
    for (const room of long) if (!this.#excluded.has(room.roomId)) this.noted(clock, room, out);
    return true;
  }
}
