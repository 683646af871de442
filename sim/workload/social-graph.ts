// Who talks with whom: direct chats, groups and a few large rooms, with a stated share of friends near by. Exogenous.
import { present } from '../../protocol/assert.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import type { Habits } from './habits.ts';
import { wholeNumber } from './whole-number.ts';
import type { Conversation, DistanceClass, Person } from './workload.ts';

/** How far apart two people live. */
export function distanceClassOf(left: Person, right: Person): DistanceClass {
  if (left.city === right.city) return left.district === right.district ? 'walking' : 'same-city';
  return left.country === right.country ? 'same-country' : 'abroad';
}

/** People by distance class as one person sees them: shared index, no list of pairs. */
class Neighbourhoods {
  readonly #byDistrict = new Map<string, PersonId[]>();
  readonly #byCity = new Map<string, PersonId[]>();
  readonly #byCountry = new Map<string, PersonId[]>();
  readonly #everybody: readonly PersonId[];
  readonly #people: readonly Person[];

  constructor(people: readonly Person[]) {
    this.#people = people;
    this.#everybody = people.map(({ id }) => id);
    for (const person of people) {
      add(this.#byDistrict, `${person.city.name}/${person.district}`, person.id);
      add(this.#byCity, person.city.name, person.id);
      add(this.#byCountry, person.country, person.id);
    }
  }

  /** Somebody at that distance from `person`, drawn; the nearest class that has anybody stands in for an empty one. */
  friend(person: Person, wanted: DistanceClass, draw: (attempt: number) => number): PersonId | undefined {
    const choices = present(
      {
        walking: this.#byDistrict.get(`${person.city.name}/${person.district}`),
        'same-city': this.#byCity.get(person.city.name),
        'same-country': this.#byCountry.get(person.country),
        abroad: this.#everybody,
      }[wanted],
      'people of the class',
    );
    for (let attempt = 0; attempt < 40; attempt++) {
      const id = present(choices[Math.floor(draw(attempt) * choices.length)], 'a person');
      const other = present(this.#people[id], 'a person');
      if (id !== person.id && (distanceClassOf(person, other) === wanted || attempt >= 30)) return id;
    }
    return undefined;
  }
}

function add(map: Map<string, PersonId[]>, key: string, id: PersonId): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [id]);
  else list.push(id);
}

/** The conversations of a population. */
export function createSocialGraph(
  people: readonly Person[],
  habits: Habits,
  draw: AddressedDraw,
): readonly Conversation[] {
  const near = new Neighbourhoods(people);
  const conversations: Conversation[] = [];
  const push = (kind: Conversation['kind'], members: readonly PersonId[]): void => {
    conversations.push({ id: conversations.length as ConversationId, kind, members });
  };
  const friendOf = (person: Person, ...address: readonly (string | number)[]): PersonId | undefined =>
    near.friend(person, drawClass(habits, draw(...address, 'class')), (attempt) =>
      draw(...address, 'who', attempt),
    );

  const pairs = new Set<number>();
  for (const person of people) {
    // Each person begins half of the chats; the other half is begun by friends.
    const begun = wholeNumber(habits.directChatsPerPerson / 2, draw('person', person.id, 'chats'));
    for (let each = 0; each < begun; each++) {
      const friend = friendOf(person, 'person', person.id, 'chat', each);
      if (friend === undefined) continue;
      const pair = Math.min(person.id, friend) * people.length + Math.max(person.id, friend);
      if (pairs.has(pair)) continue;
      pairs.add(pair);
      push('direct', [person.id, friend]);
    }
  }

  const groups = Math.round((people.length * habits.groupsPerPerson) / habits.groupSizeMedian);
  for (let each = 0; each < groups; each++) {
    const organiser = present(
      people[Math.floor(draw('group', each, 'organiser') * people.length)],
      'an organiser',
    );
    const wanted = Math.min(
      habits.groupSizeMost,
      people.length,
      Math.max(3, logNormal(draw('group', each, 'size'), habits.groupSizeMedian, 0.6)),
    );
    const members = new Set<PersonId>([organiser.id]);
    for (let attempt = 0; members.size < wanted && attempt < wanted * 4; attempt++) {
      const friend = friendOf(organiser, 'group', each, 'member', attempt);
      if (friend !== undefined) members.add(friend);
    }
    if (members.size >= 3) push('group', [...members]);
  }

  const rooms = Math.floor(people.length / habits.peoplePerRoom);
  for (let each = 0; each < rooms; each++) {
    const wanted = Math.min(habits.roomSize, people.length);
    const members = new Set<PersonId>();
    for (let attempt = 0; members.size < wanted && attempt < wanted * 8; attempt++) {
      members.add(Math.floor(draw('room', each, 'member', attempt) * people.length) as PersonId);
    }
    push('room', [...members]);
  }
  return conversations;
}

function drawClass(habits: Habits, uniform: number): DistanceClass {
  const walking = habits.friendsWithinWalkingDistance;
  const city = walking + habits.friendsInSameCity;
  const country = city + habits.friendsInSameCountry;
  if (uniform < walking) return 'walking';
  if (uniform < city) return 'same-city';
  return uniform < country ? 'same-country' : 'abroad';
}
