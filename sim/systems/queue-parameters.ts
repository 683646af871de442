// How the servers of a system bear load: queues, admission and caches, as parameters that a scenario may turn.
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import type { Deployment } from './system.ts';

/**
 * Reads `<prefix>QueueLimit`, `<prefix>NewestFirst`, `<prefix>ChecksClient` and `<prefix>Admitted…`. Unless turned, requests wait without
 * limit in the order they come, and the work is done whether or not anybody still waits for it: what a server does
 * that has no overload control.
 */
export function readQueue(deployment: Deployment, prefix: string, server: string): QueueSpec {
  const limit = deployment.parameter({
    name: `${prefix}QueueLimit`,
    value: 0,
    unit: 'requests',
    meaning: `requests that may wait at ${server} before further ones are answered with 503; 0: no limit`,
    range: [0, 10_000],
  });
  const newestFirst = deployment.parameter({
    name: `${prefix}NewestFirst`,
    value: 0,
    unit: '',
    meaning: `${server} takes the newest waiting request first (1) or the oldest (0)`,
    range: [0, 1],
  });
  const checksClient = deployment.parameter({
    name: `${prefix}ChecksClient`,
    value: 0,
    unit: '',
    meaning: `${server} drops requests whose client has gone (1) or works for nobody (0)`,
    range: [0, 1],
  });
  const perSecond = deployment.parameter({
    name: `${prefix}AdmittedPerSecond`,
    value: 0,
    unit: 'requests per second',
    meaning: `requests that ${server} lets in by its token bucket, others being answered with 503; 0: all`,
    range: [0, 10_000],
  });
  const burst = deployment.parameter({
    name: `${prefix}AdmittedBurst`,
    value: 100,
    unit: 'requests',
    meaning: `size of that token bucket: what ${server} lets in at once after a pause`,
    range: [1, 1_000],
  });
  return {
    ...(limit > 0 ? { limit } : {}),
    ...(perSecond > 0 ? { admission: { perSecond, burst: Math.max(1, burst) } } : {}),
    discipline: newestFirst > 0 ? 'lifo' : 'fifo',
    checksClient: checksClient > 0,
  };
}

/** Reads `<prefix>ColdFactor` and `<prefix>WarmAfterRequests`. */
export function readCache(
  deployment: Deployment,
  prefix: string,
  server: string,
  coldFactor: number,
): CacheSpec {
  return {
    coldFactor: deployment.parameter({
      name: `${prefix}ColdFactor`,
      value: coldFactor,
      unit: 'times',
      meaning: `how many times as long work takes at ${server} that has just started, its caches empty; 1: no difference`,
      range: [1, 10],
    }),
    warmAfter: deployment.parameter({
      name: `${prefix}WarmAfterRequests`,
      value: 500,
      unit: 'requests',
      meaning: `requests after which what ${server} lacks in its caches has fallen to 1/e`,
      range: [50, 20_000],
    }),
  };
}
