// The overlay of P2P Matrix, looked at once a minute: who is root, who hangs below whom, and where the line of keys breaks.
import type { NodeKey } from '../../../protocol/pinecone/node-key.ts';
import type { RouterView } from '../../../protocol/pinecone/router.ts';
import type { Instant } from '../../../protocol/time.ts';

/** Something that is wrong with the overlay although nobody's links have changed for a while. */
export interface OverlayProblem {
  readonly kind: 'root' | 'tree' | 'line' | 'restless' | 'cut-off';
  readonly at: Instant;
  readonly words: string;
}

/** One look: phones whose application is open, by key. */
type Look = ReadonlyMap<NodeKey, RouterView>;

/** So many looks without any change of links: the network has had time. */
const settledLooks = 4;

/** Collects looks and what is wrong in them. */
export class OverlayWatch {
  readonly problems: OverlayProblem[] = [];
  /** Root changes of phones whose own links stayed. */
  #before: Look = new Map();
  readonly #quiet = new Map<string, number>();

  /** Looks at the phones of so many people. */
  look(at: Instant, inspect: (node: string) => unknown, people: number): void {
    const views = new Map<NodeKey, RouterView>();
    for (let person = 0; person < people; person++) {
      const view = viewOf(inspect(`phone/${person}`));
      if (view !== undefined) views.set(view.key, view);
    }
    for (const island of islandsOf(views)) this.#judge(island, views, at);
    this.#before = views;
  }

  #judge(island: readonly NodeKey[], views: Look, at: Instant): void {
    const links = island.map((key) => `${key}:${[...(views.get(key)?.peers ?? [])].sort().join()}`).join(' ');
    const quiet = (this.#quiet.get(links) ?? 0) + 1;
    this.#quiet.set(links, quiet);
    // Whoever has a peer that nobody looks at is connected to a public node: then the island is not all there is.
    if (island.some((key) => (views.get(key)?.peers ?? []).some((peer) => !views.has(peer)))) return;
    this.#restless(island, views, at);
    if (quiet < settledLooks) return;
    const [problem] = [...treeProblems(island, views), ...lineProblems(island, views)];
    if (problem !== undefined) this.problems.push({ ...problem, at });
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
          words: `${key.slice(0, 8)} no longer knew a way to ${before.descending.slice(0, 8)}, the next lower key, although its own links had stayed: the root was ${before.root.key.slice(0, 8)} and is ${now.root.key.slice(0, 8)}`,
        });
      if (linksStayed && isMoved && before.root.key !== key)
        this.problems.push({
          kind: 'restless',
          at,
          words: `${key.slice(0, 8)} was given another place in the tree although its own links had stayed: the root was ${before.root.key.slice(0, 8)} and is ${now.root.key.slice(0, 8)}`,
        });
    }
  }
}

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

type Told = Omit<OverlayProblem, 'at'>;

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
