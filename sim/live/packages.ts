// The packages behind live runs. They are optional: whoever lacks one, or its native part, is told which and what to do.
import type HyperDHT from 'hyperdht';
import type Hyperswarm from 'hyperswarm';
import type createTestnet from '@hyperswarm/testnet';

/** Why nothing can be run live here; one sentence for people. */
export class LiveUnavailable extends Error {
  override readonly name = 'LiveUnavailable';
}

/** What a node needs. */
export interface SwarmPackages {
  readonly HyperDHT: typeof HyperDHT;
  readonly Hyperswarm: typeof Hyperswarm;
}

type Load = (name: string) => Promise<unknown>;
const importPackage: Load = (name) => import(name);

/**
 * Loads hyperdht and hyperswarm, with the native modules below them.
 * @throws LiveUnavailable
 */
export async function loadSwarm(load: Load = importPackage): Promise<SwarmPackages> {
  return {
    HyperDHT: (await defaultOf('hyperdht', load)) as typeof HyperDHT,
    Hyperswarm: (await defaultOf('hyperswarm', load)) as typeof Hyperswarm,
  };
}

/**
 * Loads the maker of local DHTs.
 * @throws LiveUnavailable
 */
export async function loadTestnet(load: Load = importPackage): Promise<typeof createTestnet> {
  return (await defaultOf('@hyperswarm/testnet', load)) as typeof createTestnet;
}

async function defaultOf(name: string, load: Load): Promise<unknown> {
  try {
    return ((await load(name)) as { readonly default: unknown }).default;
  } catch (error) {
    throw new LiveUnavailable(reasonOf(name, error));
  }
}

function reasonOf(name: string, error: unknown): string {
  const { message } = error as Error;
  // Messages of Node and of the loaders of native modules go on with stacks and paths that were tried.
  const [said = ''] = message.split('\n');
  const missing =
    (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' && said.includes(`'${name}'`);
  if (missing)
    return `live runs need the optional package ${name}, which is not installed: npm install --include=optional`;
  return `live runs need the package ${name}, which does not load on ${process.platform}-${process.arch}: ${said}`;
}
