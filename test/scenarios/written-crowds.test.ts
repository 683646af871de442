// What is written once and happens many times: a message repeated, and a meeting of more than two people.
import { expect, it } from 'vitest';
import { compileScenario } from '../../scenarios/compile.ts';

const base = `
netsplit: 1
name: mine
title: Mine
description: Mine.
epoch: 2026-03-02T08:00Z
windows: { warmUp: 1m, sending: 10m, horizon: 1h, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }] }
movement: { model: meetings, meetings: [{ between: [3, 0, 2], from: 1m, until: 5m }, { between: [0, 2], from: 5m, until: 6m }] }
script:
  conversations: [{ kind: group, members: [0, 1, 2, 3] }]
  messages: [{ at: 5m, by: 1, in: 0 }, { at: 4m, by: 0, in: 0, times: 3, every: 40s }]
systems: { bitchat: {} }
`;
const workload = (text: string) => compileScenario({ text, file: 'mine.yaml' }).workload('1');
const seconds = (instant: number): number => instant / 1_000_000;

it('a message that is said three times is three messages, among the others in their order', () => {
  const said = workload(base).messages.map(({ at, sender }) => [seconds(at), sender]);
  expect(said).toEqual([
    [240, 0],
    [280, 0],
    [300, 1],
    [320, 0],
  ]);
});

it('each of those who meet is within reach of each, and meetings that touch are one', () => {
  const contacts = workload(base).contacts;
  const edges = [...(contacts?.at ?? [])].map((at, row) => [
    seconds(at),
    contacts?.left[row],
    contacts?.right[row],
    contacts?.begins[row],
  ]);
  expect(edges).toEqual([
    [60, 0, 2, 1],
    [60, 0, 3, 1],
    [60, 2, 3, 1],
    [300, 0, 3, 0],
    [300, 2, 3, 0],
    [360, 0, 2, 0],
  ]);
});

it.each([
  [
    'a last message after the sending window',
    'every: 40s',
    'every: 4m',
    /mine\.yaml:\d+.*before the end of the sending/,
  ],
  ['somebody who meets himself', '[3, 0, 2]', '[3, 0, 3]', /mine\.yaml:\d+.*expected different people/],
  ['somebody who does not exist', '[3, 0, 2]', '[3, 0, 7]', /mine\.yaml:\d+.*number below 4/],
  ['one alone', '[3, 0, 2]', '[3]', /mine\.yaml:\d+.*between/],
])('%s is refused with its place', (_what, right, wrong, message) => {
  expect(base).toContain(right);
  expect(() => workload(base.replace(right, wrong))).toThrow(message);
});
