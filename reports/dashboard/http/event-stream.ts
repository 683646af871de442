// Server-sent events: whole pictures, so that whoever is slow may miss some and has nothing wrong.
import type { Response } from 'express';

/** Milliseconds of wall time between two pictures. */
const pictureInterval = 400;
/** Bytes that may wait for a slow reader; further pictures pass it by until it has caught up. */
const mostUnread = 1 << 20;
/** Open streams of one server. */
const mostStreams = 1_000;
/** A comment that keeps the connection from being taken for dead. */
const heartbeatInterval = 20_000;

let open = 0;

/** Calls its listener with what there is, and at every change; returns how to stop. */
export type Source<State> = (listener: (state: State) => void) => () => void;

/** Streams a source until the reader leaves, or the state is the last one. */
export function streamEvents<State>(
  response: Response,
  source: Source<State>,
  isLast: (state: State) => boolean,
): void {
  if (open >= mostStreams) {
    response.status(503).json({ problem: 'too many are watching' });
    return;
  }
  open++;
  response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.flushHeaders();
  let newest: State | undefined;
  let waiting: NodeJS.Timeout | undefined;
  const send = (): void => {
    waiting = undefined;
    if (newest === undefined || response.writableEnded) return;
    const last = isLast(newest);
    if (response.writableLength > mostUnread && !last) return;
    response.write(`event: state\ndata: ${JSON.stringify(newest)}\n\n`);
    if (last) response.end();
  };
  let isFirst = true;
  const stop = source((state) => {
    newest = state;
    if (isFirst || isLast(state)) send();
    else waiting ??= setTimeout(send, pictureInterval);
    isFirst = false;
  });
  const heartbeat = setInterval(() => response.write(': still here\n\n'), heartbeatInterval);
  response.on('close', () => {
    open--;
    stop();
    clearTimeout(waiting);
    clearInterval(heartbeat);
  });
}
