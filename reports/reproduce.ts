// The command line that repeats a run.

interface Invocation {
  readonly name: string;
  readonly seed: number;
  readonly systems: readonly string[] | undefined;
  readonly overrides: readonly string[];
}

/** A command that can be pasted into a POSIX shell or PowerShell. */
export function reproduceCommand({ name, seed, systems, overrides }: Invocation): string {
  const words = ['npx', 'netsplit', 'run', quoted(name), '--seed', String(seed)];
  if (systems !== undefined) words.push('--systems', quoted(systems.join(',')));
  for (const override of overrides) words.push('--set', quoted(override));
  return words.join(' ');
}

/** The command that runs a system live once more, as far as anything live can be repeated. */
export function liveCommand({
  name,
  seed,
  system,
  overrides,
}: Omit<Invocation, 'systems'> & { readonly system: string | undefined }): string {
  const words = ['npx', 'netsplit', 'live', quoted(name), '--seed', String(seed)];
  if (system !== undefined) words.push('--system', quoted(system));
  for (const override of overrides) words.push('--set', quoted(override));
  return words.join(' ');
}

/** In single quotes where a shell would read something into it. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
