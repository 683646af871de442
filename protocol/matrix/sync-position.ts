// How far a device has read: a place in each of its server's streams.

export interface SyncPosition {
  readonly events: number;
  readonly toDevice: number;
  /** In the stream of changed lists of devices. */
  readonly deviceLists: number;
}

/** The beginning for anything malformed. */
export function readSinceToken(since: string): SyncPosition {
  const match = /^s(\d+)(?:_(\d+))?(?:_(\d+))?$/.exec(since);
  const [events, toDevice, deviceLists] = [1, 2, 3].map((group) => Number(match?.[group] ?? 0));
  return { events: events ?? 0, toDevice: toDevice ?? 0, deviceLists: deviceLists ?? 0 };
}

/** `next_batch`, and `since` of the next request. */
export function sinceToken(events: number, toDevice = 0, deviceLists = 0): string {
  if (deviceLists > 0) return `s${events}_${toDevice}_${deviceLists}`;
  return toDevice === 0 ? `s${events}` : `s${events}_${toDevice}`;
}
