// Addresses: everything after the # names a view and what it shows, so that any view can be shared.

/** Where the page is: `#/run/small-town-1-ab12/replay?system=signal` as its parts. */
export interface Place {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads an address; what cannot be decoded stays as it is. */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const decoded = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return { path: decoded, query: new URLSearchParams(query) };
}

/** An address from its parts. */
export function addressOf(
  path: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${search === '' ? '' : `?${search}`}`;
}

/** Changes what the address bar says without leaving the view: for whoever shares it. */
export function remember(address: string): void {
  history.replaceState(null, '', address);
}
