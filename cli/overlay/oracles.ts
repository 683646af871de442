// What must be true of a Pinecone network that has had time: one root, a tree, a whole line of keys.
import { present } from '../../protocol/assert.ts';
import type { NodeKey } from '../../protocol/pinecone/node-key.ts';
import type { RouterView } from '../../protocol/pinecone/router.ts';
import type { PineconeNetwork } from './pinecone-network.ts';

type Views = ReadonlyMap<NodeKey, RouterView>;

function viewsOf(network: PineconeNetwork, island: readonly number[]): Views {
  return new Map(
    island.map((node) => {
      const view = present(network.view(node), 'a node that is up');
      return [view.key, view];
    }),
  );
}

/** The keys of an island, lowest first. */
function keysInOrder(views: Views): readonly NodeKey[] {
  return [...views.keys()].sort((left, right) => (left < right ? -1 : 1));
}

/** What is wrong with the trees; nothing when every island has one root, its highest key, and everybody hangs below it. */
export function treeProblems(network: PineconeNetwork): readonly string[] {
  return network.islands().flatMap((island) => {
    const views = viewsOf(network, island);
    const highest = present(keysInOrder(views).at(-1), 'an island has nodes');
    const places = new Set<string>();
    return [...views.values()].flatMap((view) => {
      const name = view.key.slice(0, 8);
      if (view.root.key !== highest) return [`${name} is under ${view.root.key.slice(0, 8)}`];
      const place = view.coordinates.join('.');
      if (places.has(place)) return [`${name} is where somebody else is: ${place}`];
      places.add(place);
      const depth = depthOf(view, views);
      if (depth === undefined) return [`${name} is in a loop`];
      return depth === view.coordinates.length
        ? []
        : [`${name} is ${depth} deep, its coordinates say ${view.coordinates.length}`];
    });
  });
}

function depthOf(start: RouterView, views: Views): number | undefined {
  let view = start;
  for (let depth = 0; depth <= views.size; depth++) {
    if (view.parent === undefined) return view.key === view.root.key ? depth : undefined;
    const parent = views.get(view.parent);
    if (parent === undefined) return undefined;
    view = parent;
  }
  return undefined;
}

/** What is wrong with the lines of keys; nothing when everybody knows the next lower key of the island. */
export function ringProblems(network: PineconeNetwork): readonly string[] {
  return network.islands().flatMap((island) => {
    const views = viewsOf(network, island);
    const keys = keysInOrder(views);
    return keys.flatMap((key, index) => {
      const { descending } = present(views.get(key), 'a view');
      const lower = keys[index - 1];
      return descending === lower
        ? []
        : [
            `${key.slice(0, 8)} has ${descending?.slice(0, 8) ?? 'nobody'} below it, not ${lower?.slice(0, 8) ?? 'nobody'}`,
          ];
    });
  });
}
