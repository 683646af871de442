// Who is friends with whom, at a size where the shares of a scenario must show.
import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../../scenarios/compile.ts';
import { scenarioText } from '../../support/scenario-text.ts';

const people = `people:
  count: 2000
  cities:
    - { name: berlin, share: 1 }
    - { name: hamburg, share: 1 }
    - { name: new-york, share: 1 }`;

const compile = (...overrides: readonly string[]) =>
  compileScenario({ text: scenarioText({ people }), file: 'sample.yaml', overrides });

describe('friends of two thousand people in three cities', () => {
  const { document, workload } = compile();
  const talk = workload('1');
  const { people: residents, conversations } = talk;
  const direct = conversations.filter(({ kind }) => kind === 'direct');
  const { friendsWithinWalkingDistance, friendsInSameCity, friendsInSameCountry } = document.people;

  it.each([
    ['walking', 'berlin', friendsWithinWalkingDistance],
    ['same-city', 'berlin', friendsInSameCity],
    ['same-country', 'berlin', friendsInSameCountry],
    ['abroad', 'berlin', 1 - friendsWithinWalkingDistance - friendsInSameCity - friendsInSameCountry],
    // No other city of the country is inhabited: anybody of the own one stands in, one in four of them near by.
    ['walking', 'new-york', friendsWithinWalkingDistance + friendsInSameCountry / 4],
    ['same-city', 'new-york', friendsInSameCity + (3 * friendsInSameCountry) / 4],
    ['same-country', 'new-york', 0],
  ])('live %s of %s as often as the scenario says, within 0.03', (wanted, city, share) => {
    const begun = direct.filter(({ members: [first] }) => residents[first ?? -1]?.city.name === city);
    const matching = begun.filter(
      ({ members: [first, second] }) =>
        first !== undefined && second !== undefined && talk.distanceClass(first, second) === wanted,
    );
    expect(begun.length).toBeGreaterThan(2_000);
    expect(Math.abs(matching.length / begun.length - share)).toBeLessThan(0.03);
  });

  it('are as many as the scenario says, within a twentieth', () => {
    const chatsPerPerson = (2 * direct.length) / residents.length;
    expect(chatsPerPerson / document.people.directChatsPerPerson).toBeGreaterThan(0.95);
    expect(chatsPerPerson / document.people.directChatsPerPerson).toBeLessThan(1.0001);
  });
});

describe('talking more', () => {
  it('moves nobody, gives nobody another friend and breaks no phone', () => {
    const quiet = compile('people.count=200', 'people.messagesPerPersonPerDay=5').workload('1');
    const busy = compile('people.count=200', 'people.messagesPerPersonPerDay=50').workload('1');
    expect(busy.messages.length).toBeGreaterThan(5 * quiet.messages.length);
    expect(busy.conversations).toEqual(quiet.conversations);
    const livesOf = ({ people: all }: typeof quiet) =>
      all.map(({ city, district, stays, device: { platform, clockSkewMs, offline } }) => ({
        city,
        district,
        stays,
        platform,
        clockSkewMs,
        offline,
      }));
    expect(livesOf(busy)).toEqual(livesOf(quiet));
  });
});
