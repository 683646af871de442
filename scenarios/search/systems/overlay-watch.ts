// The overlay of P2P Matrix, looked at again and again: who is root, who hangs below whom, and where the line of keys breaks.
import type { NodeKey } from '../../../protocol/pinecone/node-key.ts';
import type { RouterView } from '../../../protocol/pinecone/router.ts';
import { elapsed, minutes, type Instant } from '../../../protocol/time.ts';

/** Something that is wrong with the overlay although nobody's links have changed for a while. */
export interface OverlayProblem {
  readonly kind: 'root' | 'tree' | 'line' | 'restless' | 'cut-off';
  readonly at: Instant;
  /** What had happened; empty where nothing had. */
  readonly after: string;
  readonly words: string;
}

/** One look: phones whose application is open, by key. */
type Look = ReadonlyMap<NodeKey, RouterView>;

/** So long without any change of links: the network has had time. */
const settled = minutes(3);
/** What is wrong for less counts as being put right: routes are soft, and last ten seconds. */
const lasting = minutes(1);

/** Collects looks and what is wrong in them. */
export class OverlayWatch {
  readonly problems: OverlayProblem[] = [];
  /** Root changes of phones whose own links stayed. */
  #before: Look = new Map();
  /** Since when islands have the links that they have. */
  #since: ReadonlyMap<string, Instant> = new Map();
  /** Since when what is wrong is wrong, by its words. */
  #wrongSince = new Map<string, Instant>();

  /** Looks at the phones of so many people. */
  look(at: Instant, inspect: (node: string) => unknown, people: number): void {
    const views = new Map<NodeKey, RouterView>();
    for (let person = 0; person < people; person++) {
      const view = viewOf(inspect(`phone/${person}`));
      if (view !== undefined) views.set(view.key, view);
    }
    const since = new Map<string, Instant>();
    const wrongBefore = this.#wrongSince;
    this.#wrongSince = new Map();
    for (const island of islandsOf(views)) {
      const links = linksOf(island, views);
      since.set(links, this.#since.get(links) ?? at);
      const isSettled = elapsed(since.get(links) ?? at, at) >= settled;
      for (const problem of this.#judge(island, views, at, isSettled)) {
        const wrongSince = wrongBefore.get(problem.words) ?? at;
        this.#wrongSince.set(problem.words, wrongSince);
        if (elapsed(wrongSince, at) >= lasting) this.problems.push({ ...problem, at, after: '' });
      }
    }
    this.#since = since;
    this.#before = views;
  }

  #judge(island: readonly NodeKey[], views: Look, at: Instant, isSettled: boolean): readonly Told[] {
    // Whoever has a peer that nobody looks at is connected to a public node: then the island is not all there is.
    if (island.some((key) => (views.get(key)?.peers ?? []).some((peer) => !views.has(peer)))) return [];
    this.#restless(island, views, at);
    return isSettled ? [...treeProblems(island, views), ...lineProblems(island, views)] : [];
  }

  /** Phones that were moved in the tree, or lost their way to the next lower key, although no link of their own had come or gone. */
  #restless(island: readonly NodeKey[], views: Look, at: Instant): void {
    for (const key of island) {
      const now = views.get(key);
      const before = this.#before.get(key);
      if (now === undefined || before === undefined || now.peers.length === 0) continue;
      const linksStayed = [...now.peers].sort().join() === [...before.peers].sort().join();
      const isMoved =
        now.root.key !== before.root.key || now.coordinates.join() !== before.coordinates.join();
      if (linksStayed && before.descending !== undefined && now.descending === undefined)
        this.problems.push({
          kind: 'cut-off',
          at,
          after: rootNews(before, now),
          words: `${key.slice(0, 8)} no longer knew a way to ${before.descending.slice(0, 8)}, the next lower key, although its own links had stayed: the root was ${before.root.key.slice(0, 8)} and is ${now.root.key.slice(0, 8)}`,
        });
      if (linksStayed && isMoved && before.root.key !== key)
        this.problems.push({
          kind: 'restless',
          at,
          after: '',
          words: `${key.slice(0, 8)} was given another place in the tree although its own links had stayed: the root was ${before.root.key.slice(0, 8)} and is ${now.root.key.slice(0, 8)}`,
        });
    }
  }
}

/** What it had been told of the root since the last look. */
function rootNews(before: RouterView, { root }: RouterView): string {
  if (root.key !== before.root.key) return 'another root';
  return root.sequence === before.root.sequence ? '' : 'the root announced itself anew';
}

const linksOf = (island: readonly NodeKey[], views: Look): string =>
  island.map((key) => `${key}:${[...(views.get(key)?.peers ?? [])].sort().join()}`).join(' ');

function viewOf(node: unknown): RouterView | undefined {
  const part = (node as { p2p?: unknown }).p2p;
  if (typeof part !== 'object' || part === null || !('awake' in part) || !('router' in part))
    return undefined;
  return part.awake === true ? (part.router as RouterView) : undefined;
}

/** Phones that reach each other, link by link. */
function islandsOf(views: Look): readonly (readonly NodeKey[])[] {
  const left = new Set(views.keys());
  const islands: NodeKey[][] = [];
  for (const start of views.keys()) {
    if (!left.delete(start)) continue;
    const island = [start];
    for (const key of island)
      for (const peer of views.get(key)?.peers ?? []) if (left.delete(peer)) island.push(peer);
    islands.push(island.sort());
  }
  return islands;
}

type Told = Pick<OverlayProblem, 'kind' | 'words'>;

function* treeProblems(island: readonly NodeKey[], views: Look): Generator<Told> {
  const highest = island.at(-1);
  for (const key of island) {
    const view = views.get(key);
    if (view === undefined) continue;
    const name = key.slice(0, 8);
    if (view.root.key !== highest)
      yield {
        kind: 'root',
        words: `${name} holds ${view.root.key.slice(0, 8)} to be the root, not ${String(highest).slice(0, 8)}`,
      };
    else if (!reachesRoot(view, views, island.length))
      yield { kind: 'tree', words: `${name} does not hang below the root` };
  }
}

function reachesRoot(start: RouterView, views: Look, most: number): boolean {
  let view: RouterView | undefined = start;
  for (let depth = 0; view !== undefined && depth <= most; depth++) {
    if (view.parent === undefined) return view.key === view.root.key;
    view = views.get(view.parent);
  }
  return false;
}

function* lineProblems(island: readonly NodeKey[], views: Look): Generator<Told> {
  for (const [index, key] of island.entries()) {
    const descending = views.get(key)?.descending;
    const lower = island[index - 1];
    if (descending !== lower)
      yield {
        kind: 'line',
        words: `${key.slice(0, 8)} knows ${descending?.slice(0, 8) ?? 'nobody'} as the next lower key, not ${lower?.slice(0, 8) ?? 'nobody'}`,
      };
  }
}
