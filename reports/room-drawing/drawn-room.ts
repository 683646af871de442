// What a drawing of a room shows: its events with what became of each.

/** One event, as drawn. */
export interface DrawnEvent {
  readonly eventId: string;
  /** Ids of its prev_events; those that are not drawn themselves end in a stub. */
  readonly prevEvents: readonly string[];
  readonly type: string;
  /** Undefined for message events. */
  readonly stateKey: string | undefined;
  readonly sender: string;
  /** Told beside the type of membership events. */
  readonly membership: string | undefined;
  /** Unknown where the file is part of a room and lacks what decides. */
  readonly verdict: 'accepted' | 'soft-failed' | 'rejected' | 'unknown';
  /** Why, where it was refused. */
  readonly reason: string | undefined;
  /** Part of the resolved state at the forward extremities. */
  readonly isInState: boolean;
  readonly isForwardExtremity: boolean;
}

/** A room to draw. */
export interface DrawnRoom {
  readonly title: string;
  /** Room version and algorithm, for people. */
  readonly subtitle: string;
  /** Each event after those of its prev_events that are here. */
  readonly events: readonly DrawnEvent[];
  /** Draws only this many, the deepest; all when left out. */
  readonly last?: number | undefined;
}
