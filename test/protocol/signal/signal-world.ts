// Signal's cores on a test network: the service and three people, of whom 0 and 2 are on Android and 1 on iOS.
import type { Address } from '../../../protocol/core.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { createPushService, pushServices } from '../../../protocol/push.ts';
import type { RandomStream } from '../../../protocol/random-stream.ts';
import { createAccountCache } from '../../../protocol/signal/account-cache.ts';
import { createAnsweringService } from '../../../protocol/signal/answering-service.ts';
import { createChatService } from '../../../protocol/signal/chat-service.ts';
import { android, ios } from '../../../protocol/signal/constants.ts';
import { createDevice } from '../../../protocol/signal/device.ts';
import { createMessageCache } from '../../../protocol/signal/message-cache.ts';
import { accountDay, type AccountId, type AccountRecord } from '../../../protocol/signal/messages.ts';
import { createObjectStore } from '../../../protocol/signal/object-store.ts';
import { createPersister } from '../../../protocol/signal/persister.ts';
import { createPubSub } from '../../../protocol/signal/pub-sub.ts';
import { createRateLimits } from '../../../protocol/signal/rate-limits.ts';
import { createStorageService } from '../../../protocol/signal/storage-service.ts';
import { createTableStore } from '../../../protocol/signal/table-store.ts';
import type { Task, TaskId } from '../../../protocol/task.ts';
import { days, microseconds, minutes, type Instant } from '../../../protocol/time.ts';
import { epochWallMs, MiniNetwork } from './mini-network.ts';

export const chat = 'chat.signal.org' as Address;
export const backends = {
  queues: 'messages.redis' as Address,
  'pub-sub': 'pubsub.redis' as Address,
  'rate-limits': 'limits.redis' as Address,
  'account-cache': 'accounts.redis' as Address,
  tables: 'dynamodb' as Address,
  registration: 'registration' as Address,
};
export const others = {
  storage: 'storage' as Address,
  objects: 'cdn' as Address,
  contacts: 'cdsi' as Address,
  pins: 'svr2' as Address,
};

/** A seeded stream for tests (xorshift32). */
export function testStream(seed: number): RandomStream {
  let state = seed * 2_654_435_761 + 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
  return {
    uniform: next,
    integer: (least, most) => least + Math.floor(next() * (most - least + 1)),
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
  };
}

export const phone = (person: number): string => `phone/${person}`;
export const accountOf = (person: number): AccountId => `aci-${person}` as AccountId;

/** Conversation 0: 0 and 1. Conversation 1: everybody. Conversation 2: 0 and 2. */
const members = [
  [0, 1],
  [0, 1, 2],
  [0, 2],
];

export interface WorldOptions {
  /** People whose account is not in the cache. */
  readonly uncached?: readonly number[];
  /** People not seen yet on their own day. */
  readonly unseenToday?: readonly number[];
  /** Days for which people have not been seen, before today. */
  readonly unseenDays?: Readonly<Record<number, number>>;
  /** People with whom nobody has a session. */
  readonly strangers?: readonly number[];
  readonly seed?: number;
}

export function signalWorld(options: WorldOptions = {}): MiniNetwork {
  const network = new MiniNetwork();
  const { uncached = [], unseenToday = [], unseenDays = {}, strangers = [], seed = 1 } = options;
  const records: AccountRecord[] = [0, 1, 2].map((person) => ({
    account: accountOf(person),
    devices: [
      {
        id: 1,
        platform: person === 1 ? 'ios' : 'android',
        pushToken: phone(person),
        lastSeenDay:
          accountDay({ dayOffsetMs: 0 }, epochWallMs) -
          (unseenDays[person] ?? (unseenToday.includes(person) ? 1 : 0)),
      },
    ],
    dayOffsetMs: 0,
  }));
  const cached = records
    .filter((_, person) => !uncached.includes(person))
    .map((record) => ({ record, expiresAt: days(1) as number as Instant }));
  network.add(backends.queues, createMessageCache);
  network.add(backends['pub-sub'], createPubSub);
  network.add(backends['rate-limits'], createRateLimits);
  network.add(backends['account-cache'], createAccountCache(cached));
  network.add(backends.tables, createTableStore(records));
  network.add(backends.registration, createAnsweringService);
  network.add(others.storage, createStorageService);
  network.add(others.objects, createObjectStore);
  network.add(others.contacts, createAnsweringService);
  network.add(others.pins, createAnsweringService);
  network.add(pushServices.ios, createPushService);
  network.add(pushServices.android, createPushService);
  network.add(
    'persister',
    createPersister({
      queues: backends.queues,
      tables: backends.tables,
      pubSub: backends['pub-sub'],
      persistDelay: minutes(10),
    }),
  );
  const costs = { send: microseconds(0), login: microseconds(0) };
  network.add(chat, createChatService({ random: testStream(seed), backends, costs }));
  for (const person of [0, 1, 2]) {
    network.add(
      phone(person),
      createDevice({
        person: person as PersonId,
        account: accountOf(person),
        device: 1,
        service: chat,
        others,
        accountOf,
        policy: person === 1 ? ios : android,
        random: testStream(seed + 10 + person),
        connectedAtStart: false,
        recipients: (conversation) =>
          (members[conversation] ?? []).filter((member) => member !== person).map(accountOf),
        strangers: new Set(strangers.filter((other) => other !== person).map(accountOf)),
      }),
    );
  }
  network.runUntil(1);
  return network;
}

export function open(network: MiniNetwork, person: number): void {
  network.input(phone(person), { kind: 'user', action: { kind: 'open-app' } });
}

export function close(network: MiniNetwork, person: number): void {
  network.input(phone(person), { kind: 'user', action: { kind: 'close-app' } });
}

export function say(network: MiniNetwork, person: number, message: number, conversation = 0): void {
  network.input(phone(person), {
    kind: 'user',
    action: {
      kind: 'send',
      message: message as UserMessageId,
      conversation: conversation as ConversationId,
      text: `message ${message}`,
    },
  });
}

/** The person sets out to do something, or tries again. */
export function undertake(network: MiniNetwork, person: number, id: number, task: Task): void {
  const action = { kind: 'undertake', id: id as TaskId, task } as const;
  network.input(phone(person), { kind: 'user', action });
}

export const isDone = (network: MiniNetwork, id: number): boolean =>
  network.facts.some(({ fact }) => fact.kind === 'task-done' && Number(fact.task) === id);

export const isDelivered = (network: MiniNetwork, message: number): boolean =>
  network.factsOf('delivered', message).length > 0;
export const isAccepted = (network: MiniNetwork, message: number): boolean =>
  network.factsOf('accepted', message).length > 0;
