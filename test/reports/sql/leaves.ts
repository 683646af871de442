// Which figures of a record a test has looked at.

/** Paths of all values in an object; what stands in a list counts once, as `*`. */
export function leavesOf(value: unknown, path = ''): readonly string[] {
  if (value === null || typeof value !== 'object') return [path];
  const isList = Array.isArray(value);
  return [
    ...new Set(
      Object.entries(value).flatMap(([key, each]) => leavesOf(each, below(path, isList ? '*' : key))),
    ),
  ];
}

/** The same object, which notes the paths of the values that are read from it. */
export function watched<T>(value: T, seen: Set<string>, path = ''): T {
  if (value === null || typeof value !== 'object') return value;
  const isList = Array.isArray(value);
  return new Proxy(value, {
    get(target, key): unknown {
      const found: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || !Object.hasOwn(target, key) || (isList && key === 'length'))
        return found;
      const own = below(path, isList ? '*' : key);
      if (found === null || typeof found !== 'object') seen.add(own);
      return watched(found, seen, own);
    },
  });
}

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
