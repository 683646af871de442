// The way to Redis: checked once with clear errors, then held through interruptions.
import type * as BullMq from 'bullmq';
import type * as IoRedis from 'ioredis';

/** The queue cannot be used; the message says why and what would help. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
}

/** BullMQ's scripts need commands of this version (https://docs.bullmq.io/guide/connections). */
const leastRedis = [6, 2] as const;
const connectTimeoutMs = 5_000;

/** The two packages that a queue needs, which are optional. */
export interface QueuePackages {
  readonly bullmq: typeof BullMq;
  readonly ioredis: typeof IoRedis;
}

/** @throws QueueError when they are not installed */
export async function loadQueuePackages(): Promise<QueuePackages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, ioredis };
  } catch (error) {
    throw new QueueError(
      `--queue needs the optional packages bullmq and ioredis (npm install bullmq ioredis): ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * Looks whether there is a Redis at this address and whether it is recent enough.
 * @throws QueueError when not
 */
export async function checkRedis({ ioredis }: QueuePackages, url: string): Promise<void> {
  if (!/^rediss?:\/\/[^/]/.test(url))
    throw new QueueError(`--queue: expected an address such as redis://127.0.0.1:6379, found "${url}"`);
  const client = new ioredis.Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let reason: Error | undefined;
  client.on('error', (error: Error) => (reason = error));
  try {
    await client.connect();
    const [, version = ''] = /^redis_version:(\S+)/m.exec(await client.info('server')) ?? [];
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < leastRedis[0] || (major === leastRedis[0] && minor < leastRedis[1]))
      throw new QueueError(
        `${withoutPassword(url)} is Redis ${version || 'of an unknown version'}; expected ${leastRedis.join('.')} or later`,
      );
  } catch (error) {
    if (error instanceof QueueError) throw error;
    const cause = reason ?? error;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new QueueError(
      `cannot reach Redis at ${withoutPassword(url)}: ${/^NOAUTH/.test(said) ? 'it asks for a password (redis://user:password@host:port)' : said}`,
    );
  } finally {
    client.disconnect();
  }
}

/** A connection that comes back by itself, for as long as it takes. */
export function openRedis({ ioredis }: QueuePackages, url: string): IoRedis.Redis {
  const client = new ioredis.Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined); // it connects again; who uses it sees waiting, not errors
  return client;
}

/** An address as it may be shown. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
