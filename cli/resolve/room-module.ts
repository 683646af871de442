// `--room-module` and `--follow`: which room versions there are, and how they are read.
import { experimentKit, type DefineRoomVersions } from '../../protocol/matrix/experiment-kit.ts';
import {
  specifiedRoomVersions,
  type RoomVersionRules,
  type RoomVersions,
} from '../../protocol/matrix/room-version.ts';
import { UsageError } from '../exit.ts';
import { loadUserModule } from '../user-module.ts';

/** Options of every command that reads a room. */
export interface RoomVersionOptions {
  /** Path of a module that defines experimental versions. */
  readonly roomModule?: string | undefined;
  /** `text`: by the letter of the specification where deployed servers do otherwise. */
  readonly follow?: 'deployed' | 'text' | undefined;
}

/** The room versions to choose from. */
export async function roomVersionsFor({ roomModule, follow }: RoomVersionOptions): Promise<RoomVersions> {
  const versions =
    roomModule === undefined
      ? specifiedRoomVersions
      : await withRoomModule(roomModule, specifiedRoomVersions);
  return follow === 'text' ? versions.followingText() : versions;
}

/**
 * The versions and those that a module defines.
 * @throws UsageError when the module cannot be loaded, or what it defines is no room version
 */
export async function withRoomModule(path: string, versions: RoomVersions): Promise<RoomVersions> {
  const { roomVersions: define } = await loadUserModule(path, '--room-module');
  if (typeof define !== 'function') {
    throw new UsageError(
      `${path}: expected a module that exports a function "roomVersions" (see docs/matrix-rooms.md)`,
    );
  }
  try {
    const defined = (define as DefineRoomVersions)(experimentKit) as unknown;
    const list: readonly unknown[] = Array.isArray(defined) ? defined : [defined];
    return versions.with(list.map((each) => checkedRules(each, path)));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path}: ${messageOf(error)}`);
  }
}

/** The traits of a version, each of the type that it has in the versions of the specification. */
function checkedRules(value: unknown, path: string): RoomVersionRules {
  const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  if (found === undefined)
    throw new UsageError(`${path}: expected room versions made by kit.derive, found ${typeof value}`);
  const pattern = experimentKit.specified('12') as unknown as Record<string, unknown>;
  for (const [trait, example] of Object.entries(pattern)) {
    if (trait === 'stateResolution') continue;
    if (typeof found[trait] !== typeof example) {
      throw new UsageError(
        `${path}: room version ${String(found['id'])}: ${trait} is ${typeof found[trait]}, expected ${typeof example}`,
      );
    }
  }
  const { stateResolution: algorithm } = found;
  const isKnown = algorithm === 'v1' || algorithm === 'v2' || algorithm === 'v2.1';
  if (!isKnown && typeof (algorithm as { resolve?: unknown } | undefined)?.resolve !== 'function') {
    throw new UsageError(
      `${path}: room version ${String(found['id'])}: stateResolution is neither v1, v2, v2.1 nor { name, resolve }`,
    );
  }
  return value as RoomVersionRules;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
