// `--figure id` and `--figures a,b`.
import { figures, figuresById, type Figure } from '../reports/campaign/figures.ts';
import { didYouMean } from '../scenarios/scenario-error.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { UsageError } from './exit.ts';

/**
 * A figure by its id.
 * @throws UsageError naming the nearest
 */
export function figureOf(id: string): Figure {
  const figure = figuresById.get(id);
  if (figure !== undefined) return figure;
  const ids = figures.map((each) => each.id);
  throw new UsageError(
    `expected a figure of ${ids.join(', ')}; found "${id}"${didYouMean(nearest(id, ids))}`,
  );
}
