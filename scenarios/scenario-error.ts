// What is wrong with a scenario, and where.

/** A place in a text file, counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** One thing that cannot be used as written. */
export interface ScenarioProblem {
  /** Path inside the document: `faults.dynamodb-dns.start`. */
  readonly path: string;
  readonly position: TextPosition | undefined;
  /** The option of the command line that brought it in, as typed; told instead of the file. */
  readonly option?: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** The user's input is wrong: the message names file, line, column and what was expected. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly file: string;
  readonly problems: readonly ScenarioProblem[];

  constructor(file: string, problems: readonly ScenarioProblem[]) {
    super(problems.map((problem) => line(file, problem)).join('\n'));
    this.file = file;
    this.problems = problems;
  }
}

function line(file: string, { position, option, path, message }: ScenarioProblem): string {
  const place = option ?? (position === undefined ? file : `${file}:${position.line}:${position.column}`);
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

/** "; did you mean a or b?", or nothing. */
export function didYouMean(near: readonly string[]): string {
  return near.length === 0 ? '' : `; did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`;
}
