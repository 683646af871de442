// A property of a messaging system in somebody's own test suite (vitest; in jest the same with its `expect`).
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { keepingCases, matchers, runsOf, scenario, simulate } from 'netsplit';

expect.extend(matchers);

test('two people beside each other need no Internet', () => {
  const run = simulate(
    scenario(`
netsplit: 1
name: side-by-side
title: Side by side
description: Two phones and no Internet.
epoch: 2026-01-05T10:00Z
windows: { warmUp: 1m, sending: 10m, horizon: 20m, shortHorizon: an example }
people: { count: 2, cities: [{ name: berlin, share: 1 }] }
movement: { model: meetings, meetings: [{ between: [0, 1], from: 0s, until: 20m }] }
script:
  conversations: [{ kind: group, members: [0, 1] }]
  messages: [{ at: 5m, by: 0, in: 0 }]
systems: { bitchat: }
`),
  );
  expect(run).toDeliver(60);
  expect(run).toHoldInvariants();
});

test('whatever breaks, no system shows a message twice', () => {
  fc.assert(
    fc.property(runsOf('email', { maxPeople: 4 }), (drawn) => {
      expect(simulate(drawn)).toHoldInvariants(['shown-once', 'no-crash', 'ends']);
    }),
    { numRuns: 5, seed: 1, reporter: keepingCases('cases') },
  );
});
