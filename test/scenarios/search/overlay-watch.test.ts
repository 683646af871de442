// What the search sees in an overlay of phones: looks at who is root, who hangs below whom, and who knows whom, and says what is wrong
// only where the network has had time.
import { expect, it } from 'vitest';
import type { NodeKey } from '../../../protocol/pinecone/node-key.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { OverlayWatch } from '../../../scenarios/search/systems/overlay-watch.ts';

/** A phone as it describes itself: phones 0 and 1, of which 1 is the root. */
interface Seen {
  readonly peers?: readonly string[];
  readonly descending?: string | undefined;
  readonly sequence?: number;
}

const keys = ['aaaaaaaa', 'bbbbbbbb'];

/** Looks every five seconds; what phones show follows from the number of the look. */
function watched(looks: number, show: (person: number, look: number) => Seen): OverlayWatch {
  const watch = new OverlayWatch();
  for (let look = 0; look < looks; look++)
    watch.look(
      (look * seconds(5)) as Instant,
      (node) => {
        const person = Number(node.slice('phone/'.length));
        const { peers = [keys[1 - person]], descending, sequence = 1 } = show(person, look);
        const router = {
          ...{ key: keys[person], peers, descending, routes: 0 },
          root: { key: keys[1] as NodeKey, sequence },
          ...{ parent: person === 0 ? keys[1] : undefined, coordinates: person === 0 ? [1] : [] },
        };
        return { p2p: { awake: true, router } };
      },
      2,
    );
  return watch;
}

const good = (person: number): Seen => ({ descending: person === 1 ? keys[0] : undefined });
const looksIn = (time: number): number => time / seconds(5);

it('nothing is wrong where the root knows the next lower key', () => {
  expect(watched(looksIn(minutes(10)), good).problems).toEqual([]);
});

it('a line that is broken for a minute, minutes after the links came, is wrong; one that is broken for half a minute is not', () => {
  const brokenFor = (time: number) => (person: number, look: number) =>
    look >= looksIn(minutes(5)) && look < looksIn(minutes(5) + time) ? {} : good(person);
  const lines = (watch: OverlayWatch) => watch.problems.filter(({ kind }) => kind === 'line');
  expect(lines(watched(looksIn(minutes(10)), brokenFor(seconds(30))))).toEqual([]);
  expect(lines(watched(looksIn(minutes(10)), brokenFor(minutes(2))))).not.toEqual([]);
});

it('links that come and go never count as settled, however often the same ones were seen', () => {
  const flapping = (person: number, look: number): Seen =>
    Math.floor(look / looksIn(minutes(1))) % 2 === 0 ? {} : { peers: [], ...good(person) };
  expect(watched(looksIn(minutes(30)), flapping).problems.filter(({ kind }) => kind === 'line')).toEqual([]);
});

it('a way that is lost for one look is told, with what the phone had heard of the root', () => {
  const lostAt = (sequenceAfter: number) => (person: number, look: number) => ({
    ...(look === 50 ? {} : good(person)),
    sequence: look >= 50 ? sequenceAfter : 1,
  });
  const told = (watch: OverlayWatch) => watch.problems.map(({ kind, after }) => [kind, after]);
  expect(told(watched(60, lostAt(1)))).toEqual([['cut-off', '']]);
  expect(told(watched(60, lostAt(2)))).toEqual([['cut-off', 'the root announced itself anew']]);
});
