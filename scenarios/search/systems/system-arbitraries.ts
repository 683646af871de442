// Runs of messaging systems as fast-check arbitraries, swarm-style: each run switches features off and on, and gives those
// that are on wildly different intensities. Nothing here knows what is looked for.
// Groce et al., Swarm Testing, ISSTA 2012, https://doi.org/10.1145/2338965.2336763
import fc from 'fast-check';
import {
  androidShares,
  burstGaps,
  changeKinds,
  clockErrors,
  conversationKinds,
  firstTick,
  paces,
  talkTicks,
  textLengths,
  type RecipeMeeting,
  type SystemRecipe,
} from './system-recipe.ts';

/** How large runs may become, and what they have. */
export interface RunConstraints {
  /** @defaultValue 9, and where people meet 30 in a crowd */
  readonly maxPeople?: number;
  /** People meet, and that matters. @defaultValue false */
  readonly usesRadio?: boolean;
}

/** How many people a crowd has. */
const [leastInCrowd, mostInCrowd] = [10, 30];
/** Of so many runs that led somewhere new the last are varied more often. */
const newest = 16;
/** Of how many people each may be a friend of each other one. */
const mostFriends = 5;

const guestChanges = (['guest-ban', 'guest-speaks', 'guest-invite'] as const).map((kind) =>
  changeKinds.indexOf(kind),
);
const anyNumber = fc.nat(1_000);
const tick = fc.integer({ min: firstTick, max: talkTicks - 1 });
/** Half a minute to as long as people talk. */
const length = fc.oneof(fc.integer({ min: 3, max: 30 }), fc.integer({ min: 3, max: talkTicks }));

/** Off in most runs; otherwise a few of them, or many. */
function sometimes<T>(of: fc.Arbitrary<T>, many: number): fc.Arbitrary<readonly T[]> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(of, { minLength: 1, maxLength: 3, size: 'max' }) },
    { weight: 1, arbitrary: fc.array(of, { minLength: 1, maxLength: many, size: 'max' }) },
  );
}

/** One message. */
export const anyMessage = fc.record({
  at: tick,
  by: anyNumber,
  in: anyNumber,
  length: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(textLengths.length - 1)),
  resend: fc.nat(1),
});

/** One fault; a timeline is a list of them. */
export const anyFault = fc.record({
  target: anyNumber,
  other: anyNumber,
  kind: anyNumber,
  from: tick,
  length,
  value: fc.nat(9),
});

/** One act of a moderator or guest. */
export const anyChange = fc.record({
  at: tick,
  by: anyNumber,
  in: anyNumber,
  kind: fc.nat(changeKinds.length - 1),
  whom: anyNumber,
});

/** Now and then for good: longer than any run. */
const absence = fc.oneof(
  { weight: 5, arbitrary: length },
  { weight: 1, arbitrary: fc.constant(100 * talkTicks) },
);
const anyAbsence = fc.record({
  who: anyNumber,
  from: fc.nat(talkTicks - 1),
  length: absence,
  pocket: fc.nat(1),
});
/** Half of the runs have short texts and nothing else: long ones come in fragments, which a mesh is soon full of. */
const shortTexts: Change = (run) => ({
  ...run,
  messages: run.messages.map((message) => ({ ...message, length: 0 })),
});
const anyMeeting = fc
  .record({ left: anyNumber, right: anyNumber, from: fc.nat(talkTicks - 1), length })
  .map(({ left, right, ...when }): RecipeMeeting => ({ who: [left, right], ...when }));
const anyParameter = fc.record({ which: anyNumber, value: fc.nat(9) });

/** From a handful to more than a run may have, each size as likely as the next one. */
const burstTimes = fc
  .tuple(fc.integer({ min: 3, max: 11 }), fc.nat(99))
  .map(([doublings, more]) => Math.round(2 ** doublings * (1 + more / 100)));
const anyBurst = fc.record({
  at: tick,
  by: anyNumber,
  in: anyNumber,
  times: burstTimes,
  gap: fc.nat(burstGaps.length - 1),
});

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Who is beside whom: nobody, everybody, a line, a ring, a star, a few at random, or one who walks from one to the next. */
function meetingsAmong(people: number): fc.Arbitrary<readonly RecipeMeeting[]> {
  const groups = (shape: number): readonly (readonly number[])[] => {
    const others = upTo(people).slice(1);
    switch (shape) {
      case 1:
        return others.map((person) => [person - 1, person]);
      case 2:
        return [...others.map((person) => [person - 1, person]), [people - 1, 0]];
      case 3:
        return others.map((person) => [0, person]);
      case 4:
        return others.flatMap((person) => upTo(person).map((other) => [other, person]));
      default:
        return [];
    }
  };
  return fc
    .tuple(groupsThatMeet(fc.nat(4).map(groups)), sometimes(anyMeeting, 20))
    .map(([some, more]) => [...some, ...more]);
}

/** They are together all the time, or one group after the other. */
function groupsThatMeet(
  groups: fc.Arbitrary<readonly (readonly number[])[]>,
): fc.Arbitrary<readonly RecipeMeeting[]> {
  return fc
    .record({ groups, isWalk: fc.boolean(), stay: fc.integer({ min: 12, max: 60 }) })
    .map(({ groups: all, isWalk, stay }) =>
      all.map((who, index) => ({
        who,
        ...(isWalk ? { from: index * stay, length: stay } : { from: 0, length: 2 * talkTicks }),
      })),
    );
}

/** People, and who of them is beside whom. */
interface Crowd {
  readonly people: number;
  readonly meetings: readonly RecipeMeeting[];
}

/** Groups of so many, each so far on from the one before. */
const windows = (people: number, size: number, step: number): readonly (readonly number[])[] =>
  upTo(Math.max(1, Math.ceil((people - size) / step) + 1)).map((index) =>
    upTo(people).slice(index * step, index * step + size),
  );

/**
 * Many people: all in one place; a queue, in which everybody hears the next few; groups like beads on a string, of which each
 * shares somebody with the next; or people on a square who hear whoever is near. Of queues and strings it is drawn how dense and
 * how long they are, one apart from the other: over how many phones the ends hear each other.
 */
function anyCrowd(maxPeople: number): fc.Arbitrary<Crowd> {
  const most = Math.max(leastInCrowd, maxPeople);
  const anyPeople = fc.integer({ min: leastInCrowd, max: most });
  const together = anyPeople.map((people) => ({ people, groups: [upTo(people)] }));
  const inLine = fc
    .record({
      size: fc.integer({ min: 2, max: 8 }),
      across: fc.integer({ min: 1, max: 12 }),
      areBeads: fc.boolean(),
    })
    .map(({ size, across, areBeads }) => {
      const people = Math.min(most, Math.max(leastInCrowd, (size - 1) * across + 1));
      return { people, groups: windows(people, size, areBeads ? size - 1 : 1) };
    });
  const place = fc.tuple(fc.nat(99), fc.nat(99));
  const square = anyPeople.chain((people) =>
    fc
      .tuple(
        fc.array(place, { minLength: people, maxLength: people, size: 'max' }),
        fc.integer({ min: 10, max: 60 }),
      )
      .map(([places, range]) => ({
        people,
        groups: places.flatMap(([x, y], person) =>
          upTo(person).flatMap((other) => {
            const [otherX, otherY] = places[other] ?? [x, y];
            return (x - otherX) ** 2 + (y - otherY) ** 2 <= range ** 2 ? [[other, person]] : [];
          }),
        ),
      })),
  );
  return fc
    .oneof(
      { weight: 1, arbitrary: together },
      { weight: 2, arbitrary: inLine },
      { weight: 1, arbitrary: square },
    )
    .chain(({ people, groups }) =>
      groupsThatMeet(fc.constant(groups)).map((meetings) => ({ people, meetings })),
    );
}

/** As any, but half of all are about guests: who come from other servers, are thrown out and speak. */
const stormyChange = fc
  .tuple(anyChange, fc.oneof(fc.nat(changeKinds.length - 1), fc.constantFrom(...guestChanges)))
  .map(([change, kind]) => ({ ...change, kind }));

/**
 * A run in which everybody is in one conversation, talks much and changes it, while several things are broken for longer
 * than who has failed waits before trying again: what is rare elsewhere comes together.
 */
const storm = (people: number): fc.Arbitrary<Partial<SystemRecipe>> =>
  fc.record({
    servers: fc.integer({ min: 2, max: 5 }),
    conversations: fc
      .record({
        // Only a room has moderators and guests, and without these nobody changes anything.
        kind: fc.oneof(
          { weight: 1, arbitrary: fc.nat(conversationKinds.length - 1) },
          { weight: 3, arbitrary: fc.constant(conversationKinds.indexOf('room')) },
        ),
        moderators: fc.integer({ min: 1, max: 3 }),
        guests: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 3 })),
      })
      .map((each) => [{ ...each, members: Array.from({ length: people }, (_, person) => person) }]),
    messages: fc.array(anyMessage, { minLength: 30, maxLength: 90, size: 'max' }),
    changes: fc.array(stormyChange, { minLength: 4, maxLength: 40, size: 'max' }),
    faults: fc.array(
      fc
        .tuple(anyFault, fc.integer({ min: firstTick, max: talkTicks / 2 }))
        .chain(([fault, from]) =>
          fc
            .integer({ min: talkTicks / 4, max: talkTicks })
            .map((long) => ({ ...fault, from, length: long })),
        ),
      { minLength: 2, maxLength: 8, size: 'max' },
    ),
  });

/** Runs as a search draws them: one in three is a storm, and where people meet, half have more of one kind than the others. */
export function swarmRuns(constraints: RunConstraints = {}): fc.Arbitrary<SystemRecipe> {
  const mild = mildRuns(constraints);
  const stormy = fc.oneof(
    { weight: 2, arbitrary: mild },
    {
      weight: 1,
      arbitrary: mild.chain((run) => storm(run.people).map((wild): SystemRecipe => ({ ...run, ...wild }))),
    },
  );
  return constraints.usesRadio === true ? withExcess(stormy, constraints) : stormy;
}

/** As many messages, as many people or as much time as no other run has: each off in most runs. */
function withExcess(
  runs: fc.Arbitrary<SystemRecipe>,
  { maxPeople = mostInCrowd }: RunConstraints,
): fc.Arbitrary<SystemRecipe> {
  const crowd = maxPeople < leastInCrowd ? unchanged : anyCrowd(maxPeople).map(inCrowd);
  const bursts = fc
    .array(anyBurst, { minLength: 1, maxLength: 3, size: 'max' })
    .map((many): Change => (run) => ({ ...run, bursts: many }));
  const slow = fc
    .integer({ min: 1, max: paces.length - 1 })
    .map((pace): Change => (run) => ({ ...run, pace }));
  const friends = fc.integer({ min: 3, max: mostFriends }).map(amongFriends);
  return fc
    .tuple(
      ...([runs, oneIn(4, friends), oneIn(5, crowd), oneIn(4, bursts), oneIn(4, slow)] as const),
      ...([oneIn(2, fc.constant(inPublic)), oneIn(2, fc.constant(shortTexts))] as const),
    )
    .map(([run, ...changes]) => changes.reduce((changed, change) => change(changed), run));
}

type Change = (run: SystemRecipe) => SystemRecipe;

const unchanged = fc.constant((run: SystemRecipe) => run);

function oneIn(chances: number, change: fc.Arbitrary<Change>): fc.Arbitrary<Change> {
  return fc.oneof({ weight: chances - 1, arbitrary: unchanged }, { weight: 1, arbitrary: change });
}

/** The first few have a conversation with each of the others, beside those that there are. */
const amongFriends =
  (most: number): Change =>
  (run) => {
    const pairs = upTo(Math.min(most, run.people)).flatMap((one) =>
      upTo(one).map((other) => ({
        ...{ kind: conversationKinds.indexOf('direct'), members: [other, one], moderators: 0, guests: 0 },
      })),
    );
    return { ...run, conversations: [...pairs, ...run.conversations] };
  };

/** Who talks with whom stays; they stand far apart among the others. */
const inCrowd =
  ({ people, meetings }: Crowd): Change =>
  (run) => ({
    ...run,
    people,
    meetings,
    conversations: run.conversations.map((each) => ({
      ...each,
      members: each.members.map((member) => Math.floor(((member % run.people) * people) / run.people)),
    })),
  });

/** In a crowd, everybody who is there is in every group and room. */
const inPublic: Change = (run) =>
  run.people < leastInCrowd
    ? run
    : {
        ...run,
        conversations: run.conversations.map((each) =>
          each.kind === conversationKinds.indexOf('direct') ? each : { ...each, members: upTo(run.people) },
        ),
      };

function mildRuns({ maxPeople = 9, usesRadio = false }: RunConstraints = {}): fc.Arbitrary<SystemRecipe> {
  return fc.integer({ min: 2, max: maxPeople }).chain((people) =>
    fc.record({
      seed: fc.integer({ min: 1, max: 1_000 }),
      people: fc.constant(people),
      android: fc.nat(androidShares.length - 1),
      clocks: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(clockErrors.length - 1)),
      offline: fc.nat(1),
      servers: fc.integer({ min: 1, max: 5 }),
      conversations: fc.array(
        fc.record({
          kind: fc.nat(conversationKinds.length - 1),
          members: fc.oneof(
            fc.constant(Array.from({ length: people }, (_, person) => person)),
            fc.array(anyNumber, { minLength: 2, maxLength: 4 }),
          ),
          moderators: fc.nat(3),
          guests: fc.nat(3),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      messages: fc.oneof(
        fc.array(anyMessage, { minLength: 1, maxLength: 8, size: 'max' }),
        fc.array(anyMessage, { minLength: 1, maxLength: 60, size: 'max' }),
      ),
      bursts: fc.constant([]),
      changes: sometimes(anyChange, 30),
      away: sometimes(anyAbsence, 12),
      meetings: usesRadio ? meetingsAmong(people) : fc.constant([]),
      faults: sometimes(anyFault, 6),
      parameters: sometimes(anyParameter, 5),
      pace: fc.constant(0),
    }),
  );
}

/** One more stands at the end, with those whom the last one has, each one further on: a queue or a string of beads grows. */
function withOneMore({ people, meetings }: Crowd): Crowd {
  const asTheLast = meetings
    .map((each) => ({ ...each, who: [...new Set(each.who.map((person) => person % people))] }))
    .filter(({ who }) => who.length > 1 && who.includes(people - 1))
    .map((each) => ({ ...each, who: each.who.map((person) => person + 1) }));
  return { people: people + 1, meetings: [...meetings, ...asTheLast] };
}

/** Who stands where, beside who says what: as in another run, as in a new crowd, or with more people. */
function standing(corpus: readonly SystemRecipe[]): fc.Arbitrary<Change> {
  const another = fc.constantFrom(...corpus).map(inCrowd);
  const longer = fc.integer({ min: 1, max: leastInCrowd }).map(
    (more): Change =>
      (run) =>
        inCrowd(upTo(Math.min(more, mostInCrowd - run.people)).reduce<Crowd>(withOneMore, run))(run),
  );
  const android = fc
    .nat(androidShares.length - 1)
    .map((share): Change => (run) => ({ ...run, android: share }));
  const atOnce = fc.constant((run: SystemRecipe) => ({ ...run, pace: 0 }));
  return fc
    .tuple(
      ...([oneIn(4, another), oneIn(6, anyCrowd(mostInCrowd).map(inCrowd)), oneIn(3, longer)] as const),
      ...([oneIn(3, fc.constant(inPublic)), oneIn(4, android), oneIn(4, atOnce)] as const),
      oneIn(4, fc.constant(shortTexts)),
    )
    .map(
      (changes): Change =>
        (run) =>
          changes.reduce((changed, change) => change(changed), run),
    );
}

/** What {@link variedRuns} varies. */
export interface VariationConstraints {
  /** People meet, and that matters. @defaultValue false */
  readonly usesRadio?: boolean;
}

/** Variations of runs that led somewhere new, of which there is at least one: lists of one, changed, with those of another. */
export function variedRuns(
  corpus: readonly SystemRecipe[],
  { usesRadio = false }: VariationConstraints = {},
): fc.Arbitrary<SystemRecipe> {
  const varied = withOthersLists(corpus);
  if (!usesRadio) return varied;
  return fc.tuple(varied, standing(corpus)).map(([run, change]) => change(run));
}

/** Half of the variations are of those that came last: nobody has gone on from these yet. */
function withOthersLists(corpus: readonly SystemRecipe[]): fc.Arbitrary<SystemRecipe> {
  const known = fc.oneof(fc.constantFrom(...corpus), fc.constantFrom(...corpus.slice(-newest)));
  return fc
    .record({
      first: known,
      second: known,
      taken: fc.nat(63),
      more: fc.record({
        faults: sometimes(anyFault, 3),
        changes: sometimes(anyChange, 6),
        messages: sometimes(anyMessage, 10),
        away: sometimes(anyAbsence, 3),
      }),
      seed: fc.integer({ min: 1, max: 1_000 }),
      takenExcess: fc.nat(3),
    })
    .map(({ first, second, taken: takenLists, more, seed, takenExcess }): SystemRecipe => {
      const taken = takenLists + 64 * takenExcess;
      const from = (bit: number): SystemRecipe => ((taken >> bit) % 2 === 1 ? second : first);
      return {
        ...first,
        seed,
        faults: [...from(0).faults, ...more.faults].slice(-8),
        changes: [...from(1).changes, ...more.changes].slice(-40),
        messages: [...from(2).messages, ...more.messages].slice(-60),
        away: [...from(3).away, ...more.away].slice(-12),
        parameters: from(4).parameters,
        clocks: from(5).clocks,
        bursts: from(6).bursts,
        pace: from(7).pace,
      };
    });
}
