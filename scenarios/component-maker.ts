// Components of the catalogue, in few words.
import type { Component, ComponentId, ComponentKind, Location } from '../sim/world.ts';

/** Hard needs on these. */
export const hard = (...names: readonly string[]): Component['needs'] =>
  names.map((on) => ({ on: on as ComponentId, strength: 'hard' }));

/** A component by its parts. */
export function component(
  id: string,
  kind: ComponentKind,
  attributes: Readonly<Record<string, string>>,
  needs: Component['needs'] = [],
  location?: Location,
): Component {
  return { id: id as ComponentId, kind, attributes, needs, ...(location === undefined ? {} : { location }) };
}
