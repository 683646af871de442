// Bitchat with its application in the background: pockets pass messages on, and switched off is switched off.
import { expect, it } from 'vitest';
import { compileScenario } from '../../scenarios/compile.ts';
import { watchRun } from '../../scenarios/search/systems/watched-run.ts';
import { minutes } from '../../protocol/time.ts';

interface Middle {
  readonly phone: 'off' | 'in-pocket';
  readonly platform: 'ios' | 'android';
  readonly background: 0 | 1;
}

/** A writes to C over B, whose phone is in a pocket or off. */
function delayOverMiddle({ phone, platform, background }: Middle): number | undefined {
  const text = `
netsplit: 1
name: pocket
title: A pocket
description: Somebody between two who write has his phone in a pocket.
epoch: 2026-03-02T08:00Z
windows: { warmUp: 1m, sending: 30m, horizon: 1h, shortHorizon: a test }
people: { count: 3, androidShare: ${platform === 'android' ? 1 : 0}, cities: [{ name: berlin, share: 1 }] }
movement: { model: meetings, meetings: [{ between: [0, 1], from: 0s, until: 1h }, { between: [1, 2], from: 0s, until: 1h }] }
script:
  conversations: [{ kind: group, members: [0, 2] }]
  messages: [{ at: 20m, by: 0, in: 0 }]
  away: [{ who: 1, phone: ${phone}, from: 0s, until: 1h }]
systems: { bitchat: { worksInBackground: ${background}, couriers: 0, realSignatures: 0 } }
`;
  const run = watchRun(compileScenario({ text, file: 'pocket.yaml' }), 1);
  const [fate] = run.fates.values();
  const [came] = fate?.deliveredAt.values() ?? [];
  return came === undefined ? undefined : came - minutes(20);
}

it.each(['ios', 'android'] as const)(
  '%s: a phone in a pocket passes on what a closed one does not',
  (platform) => {
    const before = { phone: 'in-pocket', platform } as const;
    expect(delayOverMiddle({ ...before, background: 0 })).toBeUndefined();
    expect(delayOverMiddle({ ...before, background: 1 })).toBeLessThan(minutes(1));
  },
);

it('a phone that is off passes on nothing', () => {
  expect(delayOverMiddle({ phone: 'off', platform: 'android', background: 1 })).toBeUndefined();
});
