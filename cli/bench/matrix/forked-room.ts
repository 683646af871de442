// The recipe of wide rooms: N members, and two forks of k events each that change power levels, ban somebody, set the
// topic and change a member's own profile in turn.
import { present } from '../../../protocol/assert.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { EventId, RoomId, UserId } from '../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { createAddressedDraw, type AddressedDraw } from '../../../sim/random/addressed.ts';
import { firstTimestamp, RoomWriter, type Statement, type WrittenEvent } from './room-writer.ts';

/** Which room. Equal recipes make equal rooms, event ids included. */
export interface ForkedRoomRecipe {
  readonly version: string;
  /** At least 20, and twice as many as events per fork need to ban. */
  readonly members: number;
  readonly eventsPerFork: number;
  readonly seed: string;
}

/** A room with states to resolve. */
export interface RoomToResolve {
  readonly version: string;
  readonly roomId: RoomId;
  /** Causes first. */
  readonly events: readonly WrittenEvent[];
  readonly stateSets: readonly (readonly EventId[])[];
}

const servers = 20;
const user = (number: number): UserId => `@user${number}:hs${number % servers}.example` as UserId;
const creator = user(0);
/** One for each fork; both may do all that the forks do. */
const admins = [user(1), user(2)] as const;
const moderators = Array.from({ length: 8 }, (_, index) => user(3 + index));
const firstOrdinary = 3 + moderators.length;

/** Writes the room of a recipe; its two states are those after the forks. */
export function forkedRoom(recipe: ForkedRoomRecipe): RoomToResolve {
  const { version, members, eventsPerFork, seed } = recipe;
  const trunk = new RoomWriter(present(specifiedRoomVersions.get(version), 'room version'));
  trunk.create(creator);
  trunk.add(member(creator, creator, { membership: 'join' }));
  trunk.add(powerLevels(trunk, creator, moderators[0] ?? creator, 50));
  trunk.add({
    type: 'm.room.join_rules',
    stateKey: '',
    sender: creator,
    content: { join_rule: 'public' },
  });
  for (let number = 1; number < members; number++)
    trunk.add(member(user(number), user(number), { membership: 'join', displayname: `User ${number}` }));
  const stateSets = admins.map((admin, fork) => {
    const draw = createAddressedDraw(`${seed}/${version}/${members}/${eventsPerFork}/${fork}`);
    const branch = trunk.branch();
    const banned = new Set<UserId>();
    for (let index = 0; index < eventsPerFork; index++) {
      const statement = change(branch, admin, index, draw, pickOrdinary(index, members, banned, draw));
      if (statement.content['membership'] === 'ban') banned.add(statement.stateKey as UserId);
      // The forks grow side by side, at moments that never coincide.
      const at = firstTimestamp + (members + 10 + index) * 1_000 + Math.floor(draw('at', index) * 400) * 2;
      branch.add({ ...statement, at: at + fork });
    }
    return branch.state;
  });
  return { version, roomId: trunk.roomId, events: trunk.events, stateSets };
}

/** A member without power whom this fork has not banned. */
function pickOrdinary(
  index: number,
  members: number,
  banned: ReadonlySet<UserId>,
  draw: AddressedDraw,
): UserId {
  for (let attempt = 0; ; attempt++) {
    const ordinal = Math.floor(draw('user', index, attempt) * (members - firstOrdinary));
    const picked = user(firstOrdinary + ordinal);
    if (!banned.has(picked)) return picked;
  }
}

/** What a fork says at its turn. */
function change(
  writer: RoomWriter,
  admin: UserId,
  index: number,
  draw: AddressedDraw,
  other: UserId,
): Statement {
  switch (index % 4) {
    case 0: {
      const moderator = moderators[Math.floor(draw('moderator', index) * moderators.length)] ?? admin;
      return powerLevels(writer, admin, moderator, Math.floor(draw('level', index) * 90));
    }
    case 1:
      return member(admin, other, { membership: 'ban' });
    case 2:
      return { type: 'm.room.topic', stateKey: '', sender: admin, content: { topic: `Topic ${index}` } };
    default:
      return member(other, other, { membership: 'join', displayname: `Renamed ${index}` });
  }
}

function member(sender: UserId, stateKey: UserId, content: JsonObject): Statement {
  return { type: 'm.room.member', stateKey, sender, content };
}

/** Power levels in which one moderator has another level than the others. */
function powerLevels({ rules }: RoomWriter, sender: UserId, moderator: UserId, level: number): Statement {
  const users: Record<string, number> = rules.creatorsHaveInfinitePower ? {} : { [creator]: 100 };
  for (const admin of admins) users[admin] = 100;
  for (const each of moderators) users[each] = each === moderator ? level : 50;
  return {
    type: 'm.room.power_levels',
    stateKey: '',
    sender,
    content: {
      ban: 50,
      events: { 'm.room.topic': 50 },
      kick: 50,
      state_default: 50,
      users,
      users_default: 0,
    },
  };
}
