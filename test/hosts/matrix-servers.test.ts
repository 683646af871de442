// Two homeservers and their users on every host: the cores that the simulator runs talk over real sockets too.
import { afterEach, describe, expect, it } from 'vitest';
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address } from '../../protocol/core.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import { createClient } from '../../protocol/matrix/client.ts';
import { elementX } from '../../protocol/matrix/client-profiles.ts';
import { matrixCodec } from '../../protocol/matrix/codec.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { synapseProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { knownForEver } from '../../protocol/matrix/homeserver-config.ts';
import type { ServerName, UserId } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { ConversationId, PersonId, UserMessageId } from '../../protocol/message.ts';
import { milliseconds } from '../../protocol/time.ts';
import { RandomStreams } from '../../sim/random/streams.ts';
import type { ContractHost, ContractNode } from './contract-host.ts';
import { contractHosts } from './contract-hosts.ts';

const servers = ['one.test' as ServerName, 'two.test' as ServerName] as const;
const users = ['@ann:one.test' as UserId, '@bob:two.test' as UserId] as const;
const codec = composeCodecs({ matrix: matrixCodec });

function nodes(): readonly ContractNode[] {
  const keys = new Map<ServerName, SigningKey>(
    servers.map((server) => [server, { server, keyId: 'ed25519:1', signer: ed25519Signer(sha256(server)) }]),
  );
  const room = makeWarmRoom({
    rules: specifiedRoomVersions.get('12')!,
    localId: 'room',
    members: users,
    joinRule: 'invite',
    membersAreEqual: true,
    createdAtMs: 0,
    keyOf: (server) => keys.get(server)!,
  });
  const streams = new RandomStreams('hosts');
  const cost = milliseconds(1);
  const homeservers = servers.map((serverName, index): ContractNode => {
    const main = createHomeserver({
      serverName,
      keyId: 'ed25519:1',
      signingSeed: sha256(serverName),
      // They do not know each other's keys: these are fetched, too.
      keyKnowledge: knownForEver(new Map()),
      users: [{ userId: users[index]!, devices: [{ deviceId: 'D', pusher: undefined }] }],
      rooms: [room],
      costs: { sendEvent: cost, receivePdu: cost, sync: cost, request: cost },
      random: streams.stream(serverName),
      profile: synapseProfile,
      pdus: new PduCache(),
    });
    return { name: serverName, endpoint: serverName as string as Address, parts: { main } };
  });
  const clients = users.map((userId, index): ContractNode => {
    const main = createClient({
      encryption: {
        isEncrypted: () => true,
        devicesIn: () => users.map((userId) => ({ userId, deviceId: 'D' })),
        devicesOf: () => [],
        isStranger: () => false,
        warmSession: () => ({ messages: 0, ageMs: 0 }),
      },
      person: index as PersonId,
      userId,
      deviceId: 'D',
      homeserver: servers[index] as string as Address,
      profile: elementX,
      since: 's0',
      sendsReceipts: true,
      roomOf: () => room.roomId,
    });
    return { name: userId, parts: { main } };
  });
  return [...homeservers, ...clients];
}

/** How many messages of others a client shows. */
function readable(host: ContractHost, user: string): number {
  return (host.inspect(user, 'main') as { sync: { readable: number } } | undefined)?.sync.readable ?? 0;
}

function roomsOf(host: ContractHost, server: string): unknown {
  return (host.inspect(server, 'main') as { rooms: unknown } | undefined)?.rooms;
}

describe.each(contractHosts)('two homeservers on $name', ({ create }) => {
  let host: ContractHost | undefined;
  afterEach(async () => {
    await host?.close();
    host = undefined;
  });

  const say = (running: ContractHost, user: string, message: number): void =>
    running.act(user, {
      kind: 'send',
      message: message as UserMessageId,
      conversation: 0 as ConversationId,
      text: `message ${message}`,
    });

  it('carry what their users say to each other, and agree on the room after a crash', async () => {
    const [ann, bob] = users;
    const [one, two] = servers;
    const running = create(nodes(), codec);
    host = running;
    await running.start();
    for (const user of users) running.act(user, { kind: 'open-app' });
    say(running, ann, 0);
    await running.until(() => readable(running, bob) === 1);
    say(running, bob, 1);
    await running.until(() => readable(running, ann) === 1);
    await running.crash(two);
    await running.restart(two);
    await running.until(
      () => JSON.stringify(roomsOf(running, two)) === JSON.stringify(roomsOf(running, one)),
    );
    expect(roomsOf(running, one)).toHaveLength(1);
  });
});
