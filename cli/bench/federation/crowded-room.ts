// One room of very many servers: some of their users write and govern while a partition halves the federation.
import { present } from '../../../protocol/assert.ts';
import { composeCodecs } from '../../../protocol/codec.ts';
import type { Address, Core } from '../../../protocol/core.ts';
import { ed25519Signer, sha256 } from '../../../protocol/crypto.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { matrixCodec } from '../../../protocol/matrix/codec.ts';
import { serverKeyOf } from '../../../protocol/matrix/federation/key-ring.ts';
import { PduCache } from '../../../protocol/matrix/federation/pdu-checks.ts';
import { synapseProfile } from '../../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../../protocol/matrix/homeserver.ts';
import { knownForEver, type WarmRoom } from '../../../protocol/matrix/homeserver-config.ts';
import type { ServerName, UserId } from '../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import type { SigningKey } from '../../../protocol/matrix/signing.ts';
import { makeWarmRoom } from '../../../protocol/matrix/warm-room.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import { milliseconds, minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { addHost, addName } from '../../../sim/systems/matrix-servers.ts';
import type { Deployment, System } from '../../../sim/systems/system.ts';
import type { ComponentId } from '../../../sim/world.ts';

/** How large. */
export interface Crowd {
  readonly servers: number;
  /** Users who write, each on a server of their own, every other one on the far side of the partition. */
  readonly authors: number;
  readonly eventsPerAuthor: number;
}

/** When they write. */
export const writing: Duration = minutes(20);

/** One event in so many changes the room. */
const eventsPerChange = 10;

const near = 'hetzner/falkenstein' as ComponentId;
const far = 'aws/us-east-1' as ComponentId;

/** Nothing gets from one half to the other from minute 5 to 15. */
export const split: Fault = {
  id: 'split',
  title: 'The two halves lose each other',
  kind: 'partition',
  target: `id=${far}`,
  from: `id=${near}`,
  oneWay: false,
  start: minutes(5) as number as Instant,
  end: minutes(15) as number as Instant,
  source: 'invented',
};

const nameOf = (index: number): ServerName => `hs${index}.example` as ServerName;
const authorOf = (index: number): UserId => `@author:${nameOf(index)}` as UserId;
/** Somebody who is thrown out and pardoned. */
const guestOf = (index: number): UserId => `@guest:${nameOf(index)}` as UserId;

/** Processor time of a homeserver, as the system `matrix` assumes it. */
const costs = {
  sendEvent: milliseconds(20),
  receivePdu: milliseconds(10),
  sync: milliseconds(5),
  request: milliseconds(2),
};

/** What an author says or sets as the event of this number. */
function wishOf(
  author: number,
  number: number,
  authors: number,
): { type: string; key?: string; content: JsonObject } {
  if (number % eventsPerChange !== author % eventsPerChange)
    return { type: 'm.room.message', content: { msgtype: 'm.text', body: `event ${number} of ${author}` } };
  const turn = Math.floor(number / eventsPerChange) + author;
  const guest = guestOf((author + number) % authors);
  switch (turn % 4) {
    case 0:
      return { type: 'm.room.topic', key: '', content: { topic: `topic ${author}.${number}` } };
    case 1:
      return { type: 'm.room.member', key: guest, content: { membership: 'ban' } };
    case 2:
      return { type: 'm.room.member', key: guest, content: { membership: 'leave' } };
    default:
      return {
        type: 'm.room.join_rules',
        key: '',
        content: { join_rule: turn % 8 === 3 ? 'invite' : 'public' },
      };
  }
}

/** A client that only writes: at even distances, by its own clock. */
function writer(index: number, room: WarmRoom, { authors, eventsPerAuthor }: Crowd): Core {
  const server = nameOf(index) as string as Address;
  const from = { userId: authorOf(index), deviceId: 'WRITER', roomId: room.roomId, carries: carriesNothing };
  const pause = writing / eventsPerAuthor;
  let next = 0;
  const request = (): Message => {
    const { type, key, content } = wishOf(index, next, authors);
    const sent = { ...from, eventType: type, content };
    return key === undefined
      ? ({ ...sent, kind: 'matrix.send-event', txnId: `t${next}` } as Message)
      : ({ ...sent, kind: 'matrix.send-state', stateKey: key } as Message);
  };
  return {
    step(clock, input, out) {
      if (input.kind === 'timer') {
        out.request(server, `event ${next}`, request(), { timeout: seconds(60) });
        next++;
      }
      if ((input.kind !== 'start' && input.kind !== 'timer') || next === eventsPerAuthor) return;
      const at = Math.floor(pause * (next + (index + 0.5) / authors));
      out.setTimer('write', Math.max(at, clock.now) as Instant);
    },
    inspect: () => next,
  };
}

function addServers(deployment: Deployment, crowd: Crowd): void {
  const names = Array.from({ length: crowd.servers }, (_, index) => nameOf(index));
  const seeds = names.map((name) => sha256(name));
  const keys = new Map<ServerName, SigningKey>(
    names.map((server, index) => [
      server,
      { server, keyId: 'ed25519:1', signer: ed25519Signer(present(seeds[index], 'seed')) },
    ]),
  );
  const authors = Array.from({ length: crowd.authors }, (_, index) => index);
  const room = makeWarmRoom({
    rules: present(specifiedRoomVersions.get('12'), 'room version 12'),
    localId: 'crowd',
    members: [...names.map((_, index) => authorOf(index)), ...authors.map(guestOf)],
    joinRule: 'public',
    membersAreEqual: false,
    powers: new Map(authors.map((index) => [authorOf(index), index < 2 ? 100 : 50])),
    createdAtMs: deployment.world.epochWallMs - 90 * 86_400_000,
    keyOf: (server) => present(keys.get(server), `key of ${server}`),
  });
  const keyKnowledge = knownForEver(
    new Map([...keys].map(([server, { keyId, signer }]) => [server, serverKeyOf(keyId, signer)])),
  );
  const pdus = new PduCache();
  for (const [index, name] of names.entries()) {
    const users = [authorOf(index), ...(index < crowd.authors ? [guestOf(index)] : [])];
    const component = addHost(deployment, name, index % 2 === 0 ? near : far);
    const homeserver = createHomeserver({
      serverName: name,
      keyId: 'ed25519:1',
      signingSeed: present(seeds[index], 'seed'),
      keyKnowledge,
      users: users.map((userId) => ({ userId, devices: [{ deviceId: 'WRITER', pusher: undefined }] })),
      rooms: [room],
      costs,
      profile: synapseProfile,
      random: deployment.random(`hs/${name}`),
      pdus,
    });
    const node = deployment.addNode({ name: `hs/${name}`, component, parts: { homeserver } });
    addName(deployment, name, { node, part: 'homeserver' });
    if (index >= crowd.authors) continue;
    const parts = { writer: () => writer(index, room, crowd) };
    deployment.addNode({ name: `writer/${name}`, component, parts });
  }
}

/** The crowd's servers as a system, without people: clients that only write stand beside theirs. */
export function crowdedRoom(crowd: Crowd): System {
  return {
    id: 'crowd',
    title: 'A crowded room',
    description: 'One Matrix room of many homeservers',
    fidelity: 'A',
    codec: composeCodecs({ matrix: matrixCodec }),
    usesRadio: false,
    deploy: (deployment) => addServers(deployment, crowd),
  };
}
