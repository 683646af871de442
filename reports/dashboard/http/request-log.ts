// The server's log: one JSON object a line, so that no text of a request can pretend to be a line of its own.
import type { RequestHandler } from 'express';

/** One line of the log. */
export type LogLine = Readonly<Record<string, string | number | boolean | undefined>>;

/** Takes lines; `info` is for those who want all of it. */
export type Log = (level: 'info' | 'warning' | 'error', line: LogLine) => void;

/** Writes lines with the wall time. `info` only when asked. */
export function jsonLog(write: (line: string) => void, everything: boolean): Log {
  return (level, line) => {
    if (level === 'info' && !everything) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, ...line })}\n`);
  };
}

/** Longest address that is kept of a request. */
const longestPath = 300;

/** Logs each request once it is answered: refusals and failures as such. The query is left out: it may hold the token. */
export function logRequests(log: Log): RequestHandler {
  return (request, response, next) => {
    const startedAt = performance.now();
    const path = request.path.slice(0, longestPath);
    response.once('close', () => {
      const { statusCode: status } = response;
      log(status >= 500 ? 'error' : status >= 400 ? 'warning' : 'info', {
        event: 'request',
        method: request.method,
        path,
        status,
        milliseconds: Math.round(performance.now() - startedAt),
        ...(response.writableFinished ? {} : { broken: true }),
      });
    });
    next();
  };
}
