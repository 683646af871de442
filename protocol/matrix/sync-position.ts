// How far a device has read: a place in each of its server's streams.

export interface SyncPosition {
  readonly events: number;
  readonly toDevice: number;
  /** In the stream of changed lists of devices. */
  readonly deviceLists: number;
  /** In the stream of who is typing, which begins anew with the server. */
  readonly typing: number;
}

/** The beginning for anything malformed. */
export function readSinceToken(since: string): SyncPosition {
  const match = /^s(\d+)(?:_(\d+))?(?:_(\d+))?(?:_(\d+))?$/.exec(since);
  const place = (group: number): number => Number(match?.[group] ?? 0);
  return { events: place(1), toDevice: place(2), deviceLists: place(3), typing: place(4) };
}

/** `next_batch`, and `since` of the next request. */
export function sinceToken(events: number, toDevice = 0, deviceLists = 0, typing = 0): string {
  if (typing > 0) return `s${events}_${toDevice}_${deviceLists}_${typing}`;
  if (deviceLists > 0) return `s${events}_${toDevice}_${deviceLists}`;
  return toDevice === 0 ? `s${events}` : `s${events}_${toDevice}`;
}
