// `--systems a,b`.
import { UsageError } from './exit.ts';

/**
 * The ids; undefined when the option was not given.
 * @throws UsageError when it names no system
 */
export function systemList(option: string | undefined): readonly string[] | undefined {
  const ids = option
    ?.split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (ids?.length === 0)
    throw new UsageError(
      `--systems: expected ids separated by commas, e.g. signal,matrix; found "${option}"`,
    );
  return ids;
}
