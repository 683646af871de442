// An event as people name it on the command line.
import type { EventId } from '../../protocol/matrix/ids.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { UsageError } from '../exit.ts';

/**
 * The event of `--at`. Shells eat the `$` of an id that is not quoted; ids without it are understood.
 * @throws UsageError naming what comes nearest, or `ends`, when there is no such event
 */
export function eventNamed(at: string, ids: readonly EventId[], ends: readonly EventId[]): EventId {
  const wanted = (at.startsWith('$') ? at : `$${at}`) as EventId;
  if (ids.includes(wanted)) return wanted;
  const begun = wanted.length > 1 ? ids.filter((id) => id.startsWith(wanted)).slice(0, 3) : [];
  const near = begun.length > 0 ? begun : nearest(wanted, ids);
  const hint = near.length > 0 ? didYouMean(near) : `; it ends in ${ends.join(' ')}`;
  throw new UsageError(`--at: the room has no event "${at}"${hint}`);
}
