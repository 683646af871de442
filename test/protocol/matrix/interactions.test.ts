// Conversations between homeservers, told in text files: what is done, and below the line what comes of it.
// REWRITE=1 writes the files anew; read the difference and commit only what you understand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoomId } from '../../../protocol/matrix/ids.ts';
import { days, hours, minutes, seconds, type Duration } from '../../../protocol/time.ts';
import { findDivergences } from '../../../protocol/matrix/divergence.ts';
import { dendriteProfile } from '../../../protocol/matrix/federation/profiles.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

const folder = join(import.meta.dirname, '../../interactions/matrix');

interface Stage {
  readonly world: MatrixWorld;
  readonly rooms: RoomId[];
}

const units: Readonly<Record<string, (count: number) => Duration>> = {
  s: seconds,
  m: minutes,
  h: hours,
  d: days,
};

function durationOf(text: string): Duration {
  return units[text.at(-1)!]!(Number(text.slice(0, -1)));
}

/** One handler per command. */
const commands: Readonly<Record<string, (stage: Stage, ...words: string[]) => void>> = {
  servers: ({ world }, ...names) => names.forEach((name) => world.addServer(name)),
  dendrites: ({ world }, ...names) => names.forEach((name) => world.addServer(name, dendriteProfile)),
  room: ({ world, rooms }, version, members) => void rooms.push(world.addRoom(version, members.split(','))),
  start: ({ world }) => world.start(),
  say: ({ world }, user, count = '1', pause = '10s') => {
    for (let index = 0; index < Number(count); index++) {
      world.say(user);
      if (Number(count) > 1) world.run(durationOf(pause));
    }
  },
  type: ({ world, rooms }, user) =>
    world.ask(user, { kind: 'matrix.send-typing', roomId: rooms[0]!, timeoutMs: 30_000 }),
  typists: ({ world, rooms }, user) => {
    const told = world
      .syncAnswers(user)
      .flatMap(({ rooms: each }) => each)
      .flatMap(({ roomId, typing }) => (roomId === rooms[0] && typing !== undefined ? [typing] : []));
    const names = told.map((typing) => (typing.length === 0 ? 'nobody' : typing.join(' and ')));
    world.log.push(`          ${user} has seen typing: ${names.join(', ')}`);
  },
  ban: ({ world, rooms }, by, user) =>
    world.setState(by, rooms[0]!, 'm.room.member', user, { membership: 'ban' }),
  power: ({ world, rooms }, by, user, level) =>
    world.setState(by, rooms[0]!, 'm.room.power_levels', '', { users: { [user]: Number(level) } }),
  topic: ({ world, rooms }, by, topic) => world.setState(by, rooms[0]!, 'm.room.topic', '', { topic }),
  causes: ({ world }) => {
    const found = findDivergences({ servers: world.servers(), clockOf: () => world.clock() });
    const lines = found.map(
      ({ server, aspect, cause }) => `          ${server} differs in ${aspect}: ${cause}`,
    );
    world.log.push(...new Set(lines));
  },
  crash: ({ world }, name) => world.crash(name),
  restart: ({ world }, name) => world.restart(name),
  cut: ({ world }, from, arrow, to) => world.cut(from, to, arrow === '|'),
  heal: ({ world }) => world.heal(),
  wait: ({ world }, duration) => world.run(durationOf(duration)),
  agreed: ({ world, rooms }) => {
    const views = [...world.aspects(rooms[0]!)].sort(([left], [right]) => (left < right ? -1 : 1));
    for (const aspect of ['state', 'extremities'] as const) {
      const distinct = [...new Set(views.map(([, view]) => view[aspect]))];
      const numbers = views.map(([name, view]) => `${name}=${distinct.indexOf(view[aspect]) + 1}`);
      world.log.push(`          ${aspect}: ${numbers.join(' ')}`);
    }
  },
};

/** Shortens rows of an attempt and its failure that say the same again and again. */
function withoutRepetition(lines: readonly string[]): readonly string[] {
  const words = lines.map((line) => line.slice(10));
  const kept: string[] = [];
  for (let index = 0; index < lines.length;) {
    let times = 0;
    const isPair = words[index]!.includes(' -> ') && (words[index + 1] ?? '').includes(' x> ');
    while (
      isPair &&
      words[index + 2 * times] === words[index] &&
      words[index + 2 * times + 1] === words[index + 1]
    )
      times++;
    kept.push(...lines.slice(index, index + (times > 0 ? 2 : 1)));
    index += times > 0 ? 2 * times : 1;
    if (times > 1)
      kept.push(
        `          (${times - 1} times more, the last failure at ${lines[index - 1]!.slice(0, 9).trim()})`,
      );
  }
  return kept;
}

/** The file with the output that its commands really give. */
function play(text: string): string {
  const stage: Stage = { world: new MatrixWorld(), rooms: [] };
  const blocks = text.trimEnd().split(/\n\n+/);
  const played = blocks.map((block) => {
    const script = block.split('\n----')[0]!;
    for (const line of script.split('\n')) {
      if (line.startsWith('#')) continue;
      const [name, ...words] = line.split(' ');
      const command = commands[name!];
      if (command === undefined) throw new Error(`unknown command: ${line}`);
      command(stage, ...words);
    }
    const output = withoutRepetition(stage.world.log.splice(0));
    return [script, '----', ...output].join('\n');
  });
  return `${played.join('\n\n')}\n`;
}

describe('interactions', () => {
  for (const file of readdirSync(folder).sort()) {
    it(file.replace('.txt', '').replaceAll('-', ' '), () => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
      const played = play(text);
      if (process.env['REWRITE'] !== undefined) writeFileSync(path, played);
      else expect(played).toBe(text);
    });
  }
});
