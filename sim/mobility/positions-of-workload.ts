// Where the phones of a run's people are: by their mobility model, or by their stays.
import { present } from '../../protocol/assert.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { NodeIndex } from '../observation.ts';
import { positionsOfPeople, type PositionSource } from '../radio/movement.ts';
import type { Workload } from '../workload/workload.ts';
import { mobilityModel } from './mobility.ts';
import { positionsByModel } from './walk.ts';

/** Each city is a plane of its own. Paths belong to people: they are the same in every system. */
export function positionsOfWorkload(
  { people, mobility }: Workload,
  personOf: (node: NodeIndex) => PersonId | undefined,
): PositionSource {
  const byStays = positionsOfPeople((node) => {
    const person = personOf(node);
    return person === undefined ? undefined : people[person];
  });
  if (mobility === undefined) return byStays;
  const { choice, seed, warmUp } = mobility;
  const byModel = positionsByModel(mobilityModel(choice), people.length, seed, warmUp);
  return {
    plane: (node) => byStays.plane(node),
    movementAt: (node, at) => byModel.movementAt(present(personOf(node), 'person with a radio'), at),
  };
}
