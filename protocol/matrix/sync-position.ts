// How far a device has read: a place in each of its server's streams.

export interface SyncPosition {
  readonly events: number;
  readonly toDevice: number;
}

/** The beginning for anything malformed. */
export function readSinceToken(since: string): SyncPosition {
  const match = /^s(\d+)(?:_(\d+))?$/.exec(since);
  return { events: Number(match?.[1] ?? 0), toDevice: Number(match?.[2] ?? 0) };
}

/** `next_batch`, and `since` of the next request. */
export function sinceToken(events: number, toDevice = 0): string {
  return toDevice === 0 ? `s${events}` : `s${events}_${toDevice}`;
}
