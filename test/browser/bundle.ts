// Bundling for a browser: everything as it is, but the one crypto file replaced by its portable twin.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

const portableCrypto: Plugin = {
  name: 'portable-crypto',
  setup(builder) {
    builder.onResolve({ filter: /\/crypto\.ts$/ }, () => ({
      path: join(root, 'protocol/crypto-portable.ts'),
    }));
  },
};

async function bundle(
  entry: { readonly entryPoints: string[] } | { readonly stdin: { contents: string; resolveDir: string } },
): Promise<string> {
  const result = await build({
    ...entry,
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    logLevel: 'silent',
    plugins: [portableCrypto],
  });
  return result.outputFiles[0]?.text ?? '';
}

/** The small scenario as one script. */
export function bundleScenario(): Promise<string> {
  return bundle({ entryPoints: [join(root, 'test/browser/scenario.ts')] });
}

/** Files of `folder` that must run anywhere: no type declarations, none of the impure folders, not the door itself. */
export function portableSources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .filter((path) => path !== 'protocol/crypto.ts' && !/^sim\/(live|foreign)\//.test(path))
    .sort();
}

/** One script that loads every deterministic source file. */
export function bundleEverything(): Promise<string> {
  const sources = [...portableSources('protocol'), ...portableSources('sim')];
  const contents = sources.map((path, index) => `import * as m${index} from './${path}';`).join('\n');
  const uses = sources.map((_, index) => `m${index}`).join(', ');
  return bundle({
    stdin: { contents: `${contents}\nglobalThis.loaded = [${uses}].length;`, resolveDir: root },
  });
}
