// Every authorisation rule by name: what breaks it is refused by that rule, under its number in each room version.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { authRules, ruleNumber } from '../../../protocol/matrix/auth-rules/rule-numbers.ts';
import {
  creator,
  judgeByCitation,
  judgeByState,
  levels,
  rulesOf,
  sketch,
  sketchRoom,
  type EventSketch,
} from '../../support/auth-cases.ts';
import {
  ann,
  bob,
  byCitation,
  joined,
  ofMembership,
  ofSending,
  type RuleCase,
} from '../../support/auth-rule-cases.ts';

const everyVersion = <C extends RuleCase>(cases: readonly C[]): [string, string, string, C][] =>
  cases.flatMap((each) =>
    Object.entries(each.numbers).map(([version, number]): [string, string, string, C] => [
      each.rule,
      version,
      number,
      each,
    ]),
  );

describe('rules of the event and what it cites', () => {
  it.each(everyVersion(byCitation))('%s in version %s is rule %s', (rule, version, number, each) => {
    const judge = (more: RuleCase['room'], event: EventSketch, rejected: readonly string[]) =>
      judgeByCitation(
        sketch('new', version, event),
        sketchRoom(version, { ...each.room, ...more }),
        rejected,
      );
    expect(judge({}, each.event, each.rejected ?? [])).toMatchObject({ ok: false, rule });
    expect(ruleNumber(rule, rulesOf(version))).toBe(number);
    if (each.rejected !== undefined) expect(judge({}, each.event, []).ok).toBe(true);
    if (each.mended === undefined) return;
    expect(judge(each.mended.room, { ...each.event, ...each.mended.event }, [])).toMatchObject({ ok: true });
  });
});

describe('rules of the event in a state', () => {
  it.each(everyVersion([...ofMembership, ...ofSending]))(
    '%s in version %s is rule %s',
    (rule, version, number, each) => {
      const judge = (more: RuleCase['room'], event: EventSketch) =>
        judgeByState(sketch('new', version, event), sketchRoom(version, { ...each.room, ...more }));
      expect(judge({}, each.event)).toMatchObject({ ok: false, rule });
      expect(ruleNumber(rule, rulesOf(version))).toBe(number);
      if (each.mended === undefined) return;
      expect(judge(each.mended.room, { ...each.event, ...each.mended.event })).toMatchObject({ ok: true });
    },
  );

  it('are all of them tried here', () => {
    const tried = new Set([...byCitation, ...ofMembership, ...ofSending].map(({ rule }) => rule));
    expect(authRules.filter((rule) => !tried.has(rule))).toEqual([]);
  });

  it('do not number refusals that are no authorisation rule', () => {
    expect(ruleNumber('signature.invalid', rulesOf('11'))).toBeUndefined();
    expect(ruleNumber('toString', rulesOf('11'))).toBeUndefined();
  });
});

describe('power', () => {
  const allowed = (version: string, room: Readonly<Record<string, EventSketch>>, event: EventSketch) =>
    judgeByState(sketch('new', version, event), sketchRoom(version, room)).ok;

  it('of the creator is 100 without power levels, and what they say with them, to version 11', () => {
    const topic: EventSketch = { type: 'm.room.topic', key: '' };
    expect(allowed('11', {}, topic)).toBe(true);
    expect(allowed('11', { levels: levels({}) }, topic)).toBe(false);
  });

  it('of creators from version 12 is above every level', () => {
    const create: EventSketch = {
      type: 'm.room.create',
      key: '',
      prev: [],
      content: { room_version: '12', additional_creators: [ann] },
    };
    const room = { create, ...joined, levels: levels({ events_default: Number.MAX_SAFE_INTEGER }) };
    expect(allowed('12', room, { sender: creator })).toBe(true);
    expect(allowed('12', room, { sender: ann })).toBe(true);
    expect(allowed('12', room, { sender: bob })).toBe(false);
  });

  it('may be written as a string with blanks before version 10', () => {
    const room = { ...joined, levels: levels({ users: { [ann]: ' 50 ' }, state_default: '50' }) };
    expect(allowed('9', room, { type: 'm.room.topic', key: '', sender: ann })).toBe(true);
    expect(present(rulesOf('10'), 'rules').integerPowerLevels).toBe(true);
  });
});
