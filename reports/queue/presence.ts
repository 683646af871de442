// Who is at a queue: campaigns and workers say every few seconds that they are there, and which engine they are of.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { queuePrefix } from './cell-message.ts';

const renewMs = 3_000;
const expirySeconds = 10;

const presenceSchema = z.object({ engine: z.string(), netsplit: z.string(), host: z.string() });

/** Somebody at the queue. */
export type Presence = z.infer<typeof presenceSchema>;
export type PresenceKind = 'campaign' | 'worker';

/** Says that somebody is there until the function that it returns is called. */
export function announce(
  redis: Redis,
  kind: PresenceKind,
  { engine, netsplit }: Omit<Presence, 'host'>,
): () => Promise<void> {
  const key = `${queuePrefix}:${kind}:${randomUUID()}`;
  const say = (): void =>
    void redis
      .set(key, JSON.stringify({ engine, netsplit, host: hostname() }), 'EX', expirySeconds)
      .catch(() => undefined); // said again soon
  say();
  const timer = setInterval(say, renewMs);
  return async () => {
    clearInterval(timer);
    if (redis.status === 'ready') await redis.del(key);
  };
}

/** Everybody of a kind who was there a moment ago. */
export async function whoIsThere(redis: Redis, kind: PresenceKind): Promise<readonly Presence[]> {
  const keys: string[] = [];
  let cursor = '0';
  do {
    const [next, found] = await redis.scan(cursor, 'MATCH', `${queuePrefix}:${kind}:*`, 'COUNT', 1_000);
    keys.push(...found);
    cursor = next;
  } while (cursor !== '0');
  const texts = keys.length === 0 ? [] : await redis.mget(keys);
  return texts.flatMap((text) => {
    const checked = presenceSchema.safeParse(text === null ? undefined : JSON.parse(text));
    return checked.success ? [checked.data] : [];
  });
}
