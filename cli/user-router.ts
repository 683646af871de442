// A user's own router: a module of theirs, TypeScript or JavaScript, that exports `createRouter`.
import type { CreateDtnRouter, DtnRouter } from '../protocol/dtn/router.ts';
import { basename } from 'node:path';
import { inspect } from 'node:util';
import { InvariantViolation } from '../protocol/assert.ts';
import { UsageError } from './exit.ts';
import { loadUserModule } from './user-module.ts';

/** Whether a name on the command line means a module rather than a router of netsplit's. */
export function isModulePath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * Loads a user's router.
 * @throws UsageError when the module cannot be read or exports no `createRouter`
 */
export async function loadUserRouter(path: string): Promise<CreateDtnRouter> {
  // What it throws while it runs is told with its line, see `routerFailure`.
  process.setSourceMapsEnabled(true);
  const { createRouter } = await loadUserModule(path, '--router');
  if (typeof createRouter !== 'function')
    throw new UsageError(`--router: ${path} does not export a function createRouter`);
  return checked(createRouter as CreateDtnRouter, path);
}

/**
 * What a user's router threw in a replay, as their mistake with its line where the stack has one; what netsplit threw
 * remains what it is.
 */
export function routerFailure(path: string, error: unknown): unknown {
  if (error instanceof UsageError || error instanceof InvariantViolation) return error;
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const [frame = ''] = stack.split('\n').filter((line) => line.includes(basename(path)));
  const [place = ''] = /:\d+:\d+(?=\)?$)/.exec(frame) ?? [];
  return new UsageError(`--router: ${path}${place}: ${message}`);
}

/** What `createRouter` returns is asked `offers` for every copy; that it can be is checked once, before anything runs. */
function checked(createRouter: CreateDtnRouter, path: string): CreateDtnRouter {
  return (context) => {
    const router: Partial<DtnRouter> | undefined = createRouter(context);
    if (typeof router?.offers !== 'function')
      throw new UsageError(`--router: createRouter of ${path} returned no object with a function offers`);
    return answering(router as DtnRouter, path);
  };
}

type Question = Exclude<keyof DtnRouter, 'revision' | 'summary'>;
type Expected = readonly [isMet: (answer: unknown) => boolean, inWords: string];

const atOnce: Expected = [(answer) => !(answer instanceof Promise), 'an answer at once'];

const expected: Readonly<Record<Question, Expected>> = {
  offers: [(answer) => typeof answer === 'boolean', 'true or false'],
  rank: [(answer) => typeof answer === 'number' && !Number.isNaN(answer), 'a number'],
  contactBegins: atOnce,
  learns: atOnce,
  writes: atOnce,
  reads: atOnce,
  creates: atOnce,
  hands: atOnce,
  receives: atOnce,
  drops: atOnce,
};

/**
 * The router, held to its answers. A promise would count as true, an `offers` that forgets to return as false, and a rank
 * that is no number has no order: results would be wrong and nobody would know.
 */
function answering(router: DtnRouter, path: string): DtnRouter {
  const answers: Record<string, unknown> = {};
  for (const [question, [isMet, inWords]] of Object.entries(expected)) {
    const name = question as Question;
    if (router[name] === undefined) continue;
    if (typeof router[name] !== 'function')
      throw new UsageError(`--router: ${name} of the router of ${path} is not a function`);
    answers[name] = (...about: readonly unknown[]): unknown => {
      const answer = (router[name] as (...about: readonly unknown[]) => unknown)(...about);
      if (isMet(answer)) return answer;
      // Whether it fails later does not matter any more.
      if (answer instanceof Promise) answer.catch(() => undefined);
      const found = answer instanceof Promise ? 'a promise' : inspect(answer);
      throw new TypeError(`${name} returned ${found}, expected ${inWords}`);
    };
  }
  return Object.defineProperties(answers, {
    revision: { get: () => router.revision },
    summary: { get: () => router.summary },
  }) as unknown as DtnRouter;
}
