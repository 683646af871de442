// Each check on the receipt of a PDU protects something, which is lost when that check alone is off.
// https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
import { describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../../../protocol/matrix/canonical-json.ts';
import { PduCache } from '../../../../protocol/matrix/federation/pdu-checks.ts';
import { KeyRing } from '../../../../protocol/matrix/federation/key-ring.ts';
import { HostedRoom } from '../../../../protocol/matrix/hosted-room.ts';
import type { EventId, RoomId, ServerName } from '../../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../../protocol/matrix/room-version.ts';
import { hours, seconds, type Duration } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';
import {
  Credulous,
  Hashless,
  Limitless,
  Sizeless,
  withoutCheckAgainst,
  withoutCitationCheck,
} from '../../../support/mutants.ts';

const version12 = specifiedRoomVersions.get('12')!;

/** Three servers, of which hs3 is about to break the rules. */
class Scene {
  readonly world: MatrixWorld;
  readonly roomId: RoomId;

  constructor(rules: RoomVersionRules = version12, pdus = new PduCache(), keysValidFor?: Duration) {
    this.world = new MatrixWorld(pdus);
    this.world.keysValidFor = keysValidFor;
    for (const name of ['hs1', 'hs2', 'hs3']) this.world.addServer(name);
    this.roomId = this.world.addRoom(rules, ['@a:hs1', '@b:hs2', '@c:hs3']);
    this.world.start();
  }

  at(server: string): HostedRoom {
    return this.world
      .servers()
      .find(({ serverName }) => serverName === server)!
      .room(this.roomId)!;
  }

  /** What hs3's user would say by the rules, changed. */
  saying(changes: JsonObject = {}): JsonObject {
    const wish = {
      type: 'm.room.message',
      stateKey: undefined,
      sender: '@c:hs3' as never,
      content: { body: 'hello', msgtype: 'm.text' },
      originServerTs: 1_760_918_400_000,
    };
    return { ...this.at('hs3').template(wish), ...changes };
  }

  /** hs3 signs it and sends it to hs1. */
  push(pdu: JsonObject, alter?: (pdu: JsonObject) => JsonObject): EventId {
    return this.world.push('hs3', 'hs1', pdu, this.at('hs3').rules, alter).eventId;
  }

  ban(): void {
    this.world.setState('@a:hs1', this.roomId, 'm.room.member', '@c:hs3', { membership: 'ban' });
    this.world.run(seconds(5));
  }

  isTaken(id: EventId): boolean {
    return this.at('hs1').verdictOf(id) === 'accepted';
  }
}

interface Check {
  readonly name: string;
  /** What nobody may bring about. */
  readonly wrong: string;
  readonly without: () => Scene;
  /** Whether it came about. */
  readonly play: (scene: Scene) => boolean;
}

const checks: readonly Check[] = [
  {
    name: 'the length of an event (1)',
    wrong: 'one event fills everybody’s disks',
    without: () => new Scene(version12, new Sizeless()),
    // The key is neither hashed nor signed, and counts all the same.
    play: (scene) =>
      scene.isTaken(scene.push(scene.saying(), (pdu) => ({ ...pdu, destinations: 'x'.repeat(70_000) }))),
  },
  {
    name: 'the number of predecessors (1)',
    wrong: 'one event makes everybody look up more than twenty',
    without: () => new Scene(version12, new Limitless('format.prev-events')),
    play(scene) {
      for (let said = 0; said < 21; said++) scene.world.say('@a:hs1');
      scene.world.run(seconds(30));
      const events = [...scene.at('hs1').graph()].slice(-21);
      const depth = Math.max(...events.map((event) => event.depth)) + 1;
      const prevEvents = events.map(({ eventId }) => eventId);
      return scene.isTaken(scene.push(scene.saying({ prev_events: prevEvents, depth })));
    },
  },
  {
    name: 'the length of names (1)',
    wrong: 'an event has a type that other servers’ tables do not hold',
    without: () => new Scene(version12, new Limitless('format.size')),
    play: (scene) => scene.isTaken(scene.push(scene.saying({ type: 'x'.repeat(256) }))),
  },
  {
    name: 'signatures (2)',
    wrong: 'words are put into the mouth of another server’s user',
    without: () => new Scene(version12, new Credulous()),
    play(scene) {
      const authEvents = scene.at('hs1').template({
        type: 'm.room.message',
        stateKey: undefined,
        sender: '@b:hs2' as never,
        content: {},
        originServerTs: 5,
      })['auth_events']!;
      return scene.isTaken(scene.push(scene.saying({ sender: '@b:hs2', auth_events: authEvents })));
    },
  },
  {
    name: 'content hash (3)',
    wrong: 'words are changed on the way',
    without: () => new Scene(version12, new Hashless()),
    play(scene) {
      const id = scene.push(scene.saying(), (pdu) => ({
        ...pdu,
        content: { body: 'forged', msgtype: 'm.text' },
      }));
      return scene.at('hs1').find(id)?.event.content['body'] === 'forged';
    },
  },
  {
    name: 'the list of auth events (4)',
    wrong: 'somebody rests on more authority than the rules let an event cite',
    without: () => new Scene(withoutCitationCheck(version12)),
    play(scene) {
      const { eventId } = [...scene.at('hs1').graph()].find(({ type }) => type === 'm.room.encryption')!;
      const cited = scene.saying()['auth_events'] as string[];
      return scene.isTaken(scene.push(scene.saying({ auth_events: [...cited, eventId] })));
    },
  },
  {
    name: 'the state of the auth events (4)',
    wrong: 'somebody speaks on the authority of an invitation',
    without: () => new Scene(withoutCheckAgainst(version12, 'auth-events')),
    play(scene) {
      const invitation = [...scene.at('hs1').graph()].find(
        ({ stateKey, content }) => stateKey === '@c:hs3' && content['membership'] === 'invite',
      )!;
      const joined = [...scene.at('hs1').graph()].find(
        ({ stateKey, content }) => stateKey === '@c:hs3' && content['membership'] === 'join',
      )!;
      const cited = (scene.saying()['auth_events'] as string[]).map((id) =>
        id === joined.eventId ? invitation.eventId : id,
      );
      return scene.isTaken(scene.push(scene.saying({ auth_events: cited })));
    },
  },
  {
    name: 'the state before the event (5)',
    wrong: 'a banned user speaks who knows of the ban',
    without: () => new Scene(withoutCheckAgainst(version12, 'state-before')),
    play(scene) {
      const before = scene.saying();
      scene.ban();
      const tip = scene.at('hs1').forwardExtremities()[0]!.event;
      return scene.isTaken(scene.push({ ...before, prev_events: [tip.eventId], depth: tip.depth + 1 }));
    },
  },
  {
    name: 'the current state (6, soft failure)',
    wrong: 'a banned user speaks by ignoring the ban, and others are made to build on it',
    without: () => new Scene(withoutCheckAgainst(version12, 'current-state')),
    play(scene) {
      const before = scene.saying();
      scene.ban();
      const id = scene.push(before);
      const front = scene.at('hs1').forwardExtremities();
      return scene.isTaken(id) && front.some(({ event }) => event.eventId === id);
    },
  },
];

describe('a check on receipt', () => {
  it.each(checks)('$name: without it $wrong', ({ without, play }) => {
    expect(play(new Scene())).toBe(false);
    expect(play(without())).toBe(true);
  });

  it('of the number of authorities: without it and the check which ones they are, one event cites a whole room', () => {
    const isTaken = (pdus: PduCache): boolean => {
      const scene = new Scene(withoutCitationCheck(version12), pdus);
      for (let said = 0; said < 3; said++)
        scene.world.setState('@a:hs1', scene.roomId, 'm.room.topic', '', { topic: `${said}` });
      scene.world.run(seconds(5));
      const create = [...scene.at('hs1').graph()].find(({ type }) => type === 'm.room.create')!;
      const all = [...scene.at('hs1').graph()].filter(
        (event) => event !== create && event.stateKey !== undefined,
      );
      const cited = new Set([
        ...(scene.saying()['auth_events'] as string[]),
        ...all.map(({ eventId }) => eventId),
      ]);
      const eleventh = [...cited].slice(0, 11);
      expect(eleventh).toHaveLength(11);
      return scene.isTaken(scene.push(scene.saying({ auth_events: eleventh })));
    };
    expect(isTaken(new PduCache())).toBe(false);
    expect(isTaken(new Limitless('format.auth-events'))).toBe(true);
  });

  it('of the time for which a key is good: without it a key that has run out signs on', () => {
    const isTaken = (): boolean => {
      const scene = new Scene(version12, undefined, hours(1));
      // Its owner cannot be asked for a newer statement.
      for (const other of ['hs1', 'hs2']) scene.world.cut('hs3', other);
      const id = scene.push(scene.saying({ origin_server_ts: 1_760_918_400_000 + 2 * 3_600_000 }));
      scene.world.run(seconds(60));
      return scene.isTaken(id);
    };
    expect(isTaken()).toBe(false);
    const isKnown = vi.spyOn(KeyRing.prototype, 'isGood').mockReturnValue(true);
    const timeless = vi.spyOn(KeyRing.prototype, 'lookupAt').mockImplementation(function (this: KeyRing) {
      return (server, keyId) => this.keyOf(server as ServerName, keyId, 0);
    });
    expect(isTaken()).toBe(true);
    isKnown.mockRestore();
    timeless.mockRestore();
  });

  it('of who may take part: without it a server that is kept out goes on speaking', () => {
    const isHeard = (): boolean => {
      const scene = new Scene();
      const { world, roomId } = scene;
      world.setState('@a:hs1', roomId, 'm.room.server_acl', '', { allow: ['*'], deny: ['hs3'] });
      world.run(seconds(5));
      return scene.isTaken(scene.push(scene.saying()));
    };
    expect(isHeard()).toBe(false);
    const everybodyMay = vi.spyOn(HostedRoom.prototype, 'allowsServer').mockReturnValue(true);
    expect(isHeard()).toBe(true);
    everybodyMay.mockRestore();
  });

  it('of events in a resolution: without it a demoted moderator’s ban from the other side of a split holds', () => {
    const isThrownOut = (rules: RoomVersionRules): boolean => {
      const scene = new Scene(rules);
      const { world, roomId } = scene;
      const setLevels = (users: JsonObject): void =>
        world.setState('@a:hs1', roomId, 'm.room.power_levels', '', { users });
      setLevels({ '@c:hs3': 50 });
      world.run(seconds(5));
      for (const other of ['hs1', 'hs2']) world.cut('hs3', other);
      world.setState('@c:hs3', roomId, 'm.room.member', '@b:hs2', { membership: 'ban' });
      setLevels({});
      world.run(seconds(5));
      world.heal();
      for (const user of ['@a:hs1', '@c:hs3', '@b:hs2', '@a:hs1', '@c:hs3']) {
        world.say(user);
        world.run(seconds(600));
      }
      return !scene.at('hs3').hasUser('@b:hs2');
    };
    expect(isThrownOut(version12)).toBe(false);
    expect(isThrownOut(withoutCheckAgainst(version12, 'resolution'))).toBe(true);
  });
});
