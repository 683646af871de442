// Text from strangers on a terminal: ids and types may hold anything, control characters and megabytes included.

/** Words longer than this are cut: no id that is one is. */
const longestWord = 300;

/** A line as it may be shown: control characters as escapes, but for the colours that netsplit itself sets. */
export function printableLine(line: string): string {
  return line.replaceAll(
    /\u001B\[\d+m|[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g,
    (found) =>
      found.length > 1 ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`,
  );
}

/** A message of one line or several, with overlong words cut. */
export function printableMessage(message: string): string {
  return message
    .split('\n')
    .map((line) =>
      printableLine(line).replaceAll(/\S+/g, (word) =>
        word.length <= longestWord ? word : `${word.slice(0, longestWord)}…`,
      ),
    )
    .join('\n');
}
