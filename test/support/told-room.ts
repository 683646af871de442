// A drawn room as the dump of somebody's: users, servers, ids, types and contents are called after drawn words.
import fc from 'fast-check';
import { present } from '../../protocol/assert.ts';
import type { JsonObject, JsonValue } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { serverNameOf, type EventId } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import type { RoomRecipe } from '../../scenarios/search/rooms/recipe.ts';
import { RoomWorld } from '../../scenarios/search/rooms/room-world.ts';

/** Words by which somebody could know a room. */
export interface Telling {
  readonly localparts: readonly string[];
  readonly servers: readonly string[];
  readonly room: string;
  readonly ids: string;
  readonly token: string;
  readonly type: string;
  readonly stateKey: string;
  /** Names, topics, reasons, bodies, and fields that nobody has specified. */
  readonly texts: readonly string[];
}

/** Long enough to be in no word of the protocol; or one that netsplit would invent for another. */
function word(...invented: readonly string[]): fc.Arbitrary<string> {
  const drawn = fc.stringMatching(/^[a-z0-9][a-z0-9-]{4,10}[a-z0-9]$/);
  return invented.length === 0
    ? drawn
    : fc.oneof({ weight: 3, arbitrary: drawn }, { weight: 2, arbitrary: fc.constantFrom(...invented) });
}

const distinct = (arbitrary: fc.Arbitrary<string>, count: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(arbitrary, { minLength: count, maxLength: count });

const anyText = fc
  .string({ unit: 'grapheme', minLength: 6, maxLength: 40 })
  .filter((text) => text.trim().length > 5);

/** Any words. */
export const tellings: fc.Arbitrary<Telling> = fc.record({
  localparts: distinct(
    fc.oneof(
      word('alice', 'carol', 'mallory', 'user-1', 'user-2', 'nobody'),
      word().map((text) => text.toUpperCase()),
    ),
    8,
  ),
  servers: distinct(
    fc.oneof(
      word('one.example', 'two.test', 'three.invalid', 'server-1.example', 'zone-1'),
      word().map((name) => `${name}.example:8448`),
      fc.constantFrom('[2001:db8::17]', '192.0.2.117'),
    ),
    5,
  ),
  room: word(),
  ids: word(),
  token: word('token-1', 'token-2'),
  type: word('type-1').map((name) => `org.${name}`),
  stateKey: word('key-1', 'key-2'),
  texts: fc.array(fc.oneof(word(), anyText), { minLength: 6, maxLength: 6 }),
});

/** The room of a recipe as a dump, and the drawn words that it says. */
export function dumpOf(
  recipe: RoomRecipe,
  version: string,
  telling: Telling,
): { readonly text: string; readonly secrets: readonly string[] } {
  const world = new RoomWorld(recipe, present(specifiedRoomVersions.get(version), version));
  world.play();
  const all = withCited(world);
  const names = newNames(world, all, telling);
  const said = (index: number): string => present(telling.texts[index % telling.texts.length], 'a text');
  const events = all.map((event, index): JsonObject => {
    const { type } = event;
    const isCustom = type === 'm.room.topic' && index % 2 === 0;
    return {
      ...(renamed(event.pdu, names) as JsonObject),
      ...(isCustom ? { type: telling.type, state_key: `${telling.stateKey}${index % 3}` } : {}),
      content: {
        ...(type === 'm.room.message' ? { body: said(index) } : {}),
        ...(type === 'm.room.member' ? { displayname: said(index), reason: said(index + 1) } : {}),
        ...(renamed(event.content, names) as JsonObject),
        ...(type === 'm.room.topic' || type === 'm.room.name'
          ? { topic: said(index), name: said(index + 1) }
          : {}),
        [said(index + 2)]: [{ deep: said(index + 3) }],
      },
      event_id: names.get(event.eventId) ?? '',
      unsigned: { prev_content: { topic: said(index) } },
      [said(index + 4)]: said(index + 5),
    };
  });
  const { localparts, servers, texts, room, ids, token, type, stateKey } = telling;
  const words = [...localparts, ...servers, ...texts, room, ids, token, type, stateKey];
  const text = JSON.stringify({ room_version: version, room_id: names.get(world.roomId) ?? '', events });
  return { text, secrets: words.filter((each) => text.includes(JSON.stringify(each).slice(1, -1))) };
}

/** Some cite what is of another room: it is in the dump, too. */
function withCited(world: RoomWorld): readonly MatrixEvent[] {
  const all = new Set<MatrixEvent>();
  const add = (id: EventId): void => {
    const event = world.find(id);
    if (event === undefined || all.has(event)) return;
    for (const cited of [...event.authEvents, ...event.prevEvents]) add(cited);
    all.add(event);
  };
  for (const { eventId } of world.events) add(eventId);
  return [...all];
}

function newNames(
  { servers, users, roomId, rules }: RoomWorld,
  events: readonly MatrixEvent[],
  telling: Telling,
): ReadonlyMap<string, string> {
  const [home = ''] = telling.servers;
  const names = new Map(servers.map(({ name }, index) => [name, telling.servers[index] ?? home]));
  const serverOf = (id: string): string => names.get(serverNameOf(id) ?? '') ?? home;
  for (const [index, user] of users.entries())
    names.set(user, `@${telling.localparts[index] ?? ''}:${serverOf(user)}`);
  for (const [index, { eventId, type, stateKey }] of events.entries()) {
    const id = `$${telling.ids}${index}`;
    names.set(eventId, rules.eventIdFormat === 'explicit' ? `${id}:${serverOf(eventId)}` : id);
    if (type === 'm.room.third_party_invite' && stateKey !== undefined)
      names.set(stateKey, `${telling.token}${index}`);
  }
  for (const old of [roomId, ...events.map((event) => event.roomId)]) {
    const create = names.get(`$${old.slice(1)}`);
    const others = old === roomId ? '' : '2';
    names.set(
      old,
      rules.roomIdIsCreateEvent && create !== undefined
        ? `!${create.slice(1)}`
        : `!${telling.room}${others}:${serverOf(old)}`,
    );
  }
  return names;
}

/** Values and names of fields that are called something else, wherever they are. */
function renamed(value: JsonValue, names: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((each) => renamed(each, names));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [names.get(key) ?? key, renamed(each as JsonValue, names)]),
  );
}
