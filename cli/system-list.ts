// `--systems a,b`.

/** The ids; undefined when the option was not given. */
export function systemList(option: string | undefined): readonly string[] | undefined {
  const ids = option
    ?.split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  return ids === undefined || ids.length === 0 ? undefined : ids;
}
