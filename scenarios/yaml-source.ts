// A YAML text with positions: every value can be traced back to its line and column.
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
} from 'yaml';
import { ScenarioError, type TextPosition } from './scenario-error.ts';

/** Larger files are refused unread: a scenario is a page or two. */
const mostBytes = 2_000_000;
/** Values that aliases may expand to: enough for anchors used by hand, far too few for a bomb. */
const mostAliases = 200;

/** A parsed file. */
export interface YamlSource {
  readonly file: string;
  readonly document: Document;
  /** Plain value of the document as it is now, overrides included. */
  value(): unknown;
  /** Where the value at this path stands; for a missing value, its nearest ancestor. */
  locate(path: readonly PropertyKey[]): TextPosition | undefined;
  /** Where the *key* at this path stands. */
  locateKey(path: readonly PropertyKey[]): TextPosition | undefined;
}

/** Whether a value is found again somewhere inside of itself. */
function containsItself(value: unknown, outside: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (outside.includes(value)) return true;
  const around = [...outside, value];
  return Object.values(value).some((each) => containsItself(each, around));
}

/**
 * Parses a scenario text. CRLF and a byte order mark make no difference.
 * @throws ScenarioError on bad syntax, duplicate keys, an empty file, aliases that expand to far too much or
 *   have no end, and files that are far too large
 */
export function readYaml(text: string, file: string): YamlSource {
  refuseLargeFile(text.length, file);
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    uniqueKeys: true,
    prettyErrors: false,
  });
  const position = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [error] = document.errors;
  if (error !== undefined) throw problem(file, position(error.pos[0]), `not YAML: ${error.message}`);
  if (document.contents === null)
    throw problem(file, { line: 1, column: 1 }, 'expected a scenario, found an empty file');
  const value = (): unknown => {
    let whole: unknown;
    try {
      whole = document.toJS({ maxAliasCount: mostAliases });
    } catch (cause) {
      throw problem(
        file,
        undefined,
        `aliases expand to far too much: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
    if (containsItself(whole))
      throw problem(
        file,
        undefined,
        'an alias stands inside of what it is an alias of; expected an end to it',
      );
    return whole;
  };
  const start = (node: Node | undefined): TextPosition | undefined =>
    node?.range ? position(node.range[0]) : undefined;
  return {
    file,
    document,
    value,
    locate: (path) => start(nodeAt(document, path)),
    locateKey: (path) => {
      const parent = nodeAt(document, path.slice(0, -1));
      const key = path.at(-1);
      const pair = isMap(parent)
        ? parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key)
        : undefined;
      return pair !== undefined && isNode(pair.key) ? start(pair.key) : start(parent);
    },
  };
}

/**
 * Nothing so large is a scenario.
 * @throws ScenarioError
 */
export function refuseLargeFile(bytes: number, file: string): void {
  if (bytes > mostBytes)
    throw problem(
      file,
      undefined,
      `expected a scenario of at most ${mostBytes / 1e6} MB, found ${(bytes / 1e6).toFixed(1)} MB`,
    );
}

/** The node at the path, or the nearest ancestor that exists. */
function nodeAt(document: Document, path: readonly PropertyKey[]): Node | undefined {
  let node: unknown = document.contents;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) next = node.get(step, true);
    else if (isSeq(node)) next = node.get(Number(step), true);
    if (!isNode(next)) break;
    node = next;
  }
  return isNode(node) ? node : undefined;
}

function problem(file: string, position: TextPosition | undefined, message: string): ScenarioError {
  return new ScenarioError(file, [{ path: '', position, message }]);
}
