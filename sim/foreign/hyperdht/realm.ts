// Where foreign code runs: a JavaScript realm with globals of its own and a queue of its own for promises, which is run dry
// before anything else happens. To its caller the code is synchronous.
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction, createContext, Script, type Context } from 'node:vm';

/** What a realm is made of. */
export interface RealmOptions {
  /** Globals that the code finds beside those of the language. */
  readonly globals: Readonly<Record<string, unknown>>;
  readonly wall: () => number;
  readonly uniform: () => number;
  /** By package name: what `require` gives instead of the package. */
  readonly replaced: ReadonlyMap<string, unknown>;
}

interface Module {
  exports: unknown;
}

/** Modules that were loaded, by file. */
export type Modules = Map<string, Module>;

type ModuleFunction = (...values: readonly unknown[]) => void;

/** Where a name leads, by the folder that it is asked for in. */
const resolved = new Map<string, string>();

/** Makes `Date` and `Math.random` those of the machine at work; a microtask that Node would take belongs to the realm. */
const prelude = `(wall, uniform) => {
  const Native = Date;
  globalThis.Date = class Date extends Native {
    constructor(...values) {
      if (values.length === 0) super(wall());
      else super(...values);
    }
    static now() {
      return wall();
    }
  };
  Math.random = () => uniform();
  const settled = Promise.resolve();
  globalThis.queueMicrotask = (task) => void settled.then(() => task());
  return { Promise, then: (promise, task) => promise.then(() => task()) };
}`;

interface Prepared {
  readonly Promise: PromiseConstructor;
  readonly then: (promise: Promise<unknown>, task: () => unknown) => Promise<unknown>;
}

/** One realm. */
export class Realm {
  /** Its own: promises of others do not run in its queue. */
  readonly Promise: PromiseConstructor;
  /** Does something when a promise of the realm is kept: whoever calls `then` himself gets his turn elsewhere. */
  readonly then: Prepared['then'];
  readonly #replaced: ReadonlyMap<string, unknown>;
  readonly #context: Context;
  readonly #compiled = new Map<string, ModuleFunction>();
  readonly #nothing: Script;
  constructor({ globals, wall, uniform, replaced }: RealmOptions) {
    this.#replaced = replaced;
    this.#context = createContext({ ...globals }, { microtaskMode: 'afterEvaluate' });
    const prepare = new Script(prelude).runInContext(this.#context) as (
      wall: () => number,
      uniform: () => number,
    ) => Prepared;
    const prepared = prepare(wall, uniform);
    this.Promise = prepared.Promise;
    this.then = prepared.then;
    this.#nothing = new Script('0');
  }

  /** Runs something that calls the realm's code, and then every promise that it set off. */
  run(task: () => void): void {
    task();
    // Promises of the realm wait for the end of a script of it.
    this.#nothing.runInContext(this.#context);
  }

  /** What a module exports, by name as seen from a file. Files are loaded once for each map of modules. */
  load(name: string, from: string, modules: Modules): unknown {
    const replacement = this.#replaced.get(name);
    if (replacement !== undefined) return replacement;
    if (isBuiltin(name)) return createRequire(from)(name) as unknown;
    return this.#loadFile(resolve(name, from), modules);
  }

  #loadFile(file: string, modules: Modules): unknown {
    const known = modules.get(file);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    modules.set(file, module);
    if (file.endsWith('.json')) module.exports = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    else {
      const require = (name: string): unknown => this.load(name, file, modules);
      this.#compile(file)(module.exports, require, module, file, dirname(file));
    }
    return module.exports;
  }

  #compile(file: string): ModuleFunction {
    let run = this.#compiled.get(file);
    if (run === undefined) {
      run = compileFunction(
        readFileSync(file, 'utf8'),
        ['exports', 'require', 'module', '__filename', '__dirname'],
        { filename: file, parsingContext: this.#context },
      ) as ModuleFunction;
      this.#compiled.set(file, run);
    }
    return run;
  }
}

/** Modules that are shared, without those of one package. */
export function without(modules: Modules, packageName: string): Modules {
  return new Map(
    [...modules].filter(([file]) => !file.replaceAll('\\', '/').includes(`/node_modules/${packageName}/`)),
  );
}

function resolve(name: string, from: string): string {
  const key = `${dirname(from)} ${name}`;
  let file = resolved.get(key);
  if (file === undefined) resolved.set(key, (file = createRequire(from).resolve(name)));
  return file;
}
