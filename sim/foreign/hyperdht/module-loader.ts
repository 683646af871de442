// Loads CommonJS packages as they are on disk, with globals of the caller's choice: the code is not changed, it only sees
// another clock, other timers and another chance. Each loader has modules of its own, as a fresh process would.
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';

/** What a loader is made of. */
export interface LoaderOptions {
  /** By name: what the code sees instead of the globals of these names. */
  readonly globals: Readonly<Record<string, unknown>>;
  /** By package name: what `require` gives instead of the package. */
  readonly replaced: ReadonlyMap<string, unknown>;
  /** Packages that are loaded as always, once for the process: those with native code. */
  readonly native: ReadonlySet<string>;
}

interface Module {
  exports: unknown;
}

type ModuleFunction = (...values: readonly unknown[]) => void;
/** Takes the globals. */
type Compiled = (...values: readonly unknown[]) => ModuleFunction;

/** What was compiled serves every loader with the same names of globals: it holds no state. */
const compiled = new Map<string, Compiled>();
/** Where a name leads, by the file that asks for it. */
const resolved = new Map<string, string>();

/** The modules of one simulated installation. */
export class ModuleLoader {
  readonly #options: LoaderOptions;
  readonly #names: readonly string[];
  readonly #values: readonly unknown[];
  readonly #modules = new Map<string, Module>();

  /** `shared`: modules of another loader, which this one uses too, except files of the packages named. */
  constructor(options: LoaderOptions, shared?: { readonly loader: ModuleLoader; readonly except: string }) {
    this.#options = options;
    this.#names = Object.keys(options.globals);
    this.#values = Object.values(options.globals);
    if (shared === undefined) return;
    for (const [file, module] of shared.loader.#modules)
      if (!file.includes(`/node_modules/${shared.except}/`)) this.#modules.set(file, module);
  }

  /** What a module exports, by name as seen from a file. */
  load(name: string, from: string): unknown {
    const { replaced, native } = this.#options;
    const replacement = replaced.get(name);
    if (replacement !== undefined) return replacement;
    if (isBuiltin(name) || native.has(name)) return createRequire(from)(name) as unknown;
    return this.#loadFile(resolve(name, from));
  }

  #loadFile(file: string): unknown {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    this.#modules.set(file, module);
    if (file.endsWith('.json')) module.exports = JSON.parse(readFileSync(file, 'utf8')) as unknown;
    else {
      const require = (name: string): unknown => this.load(name, file);
      const run = compile(file, this.#names)(...this.#values);
      run(module.exports, require, module, file, dirname(file));
    }
    return module.exports;
  }
}

function compile(file: string, names: readonly string[]): Compiled {
  const key = `${names.join()} ${file}`;
  let run = compiled.get(key);
  if (run === undefined) {
    // The module's own names may be those of globals: it is a function within the one that has these.
    const source = readFileSync(file, 'utf8');
    const body = `return function (exports, require, module, __filename, __dirname) {${source}\n}`;
    run = compileFunction(body, [...names], { filename: file }) as Compiled;
    compiled.set(key, run);
  }
  return run;
}

function resolve(name: string, from: string): string {
  const key = `${dirname(from)} ${name}`;
  let file = resolved.get(key);
  if (file === undefined) resolved.set(key, (file = createRequire(from).resolve(name)));
  return file;
}
