// What people are told who lack a package, or its native part.
import { describe, expect, it } from 'vitest';
import { LiveUnavailable, loadSwarm, loadTestnet } from '../../../sim/live/packages.ts';

const failing = (error: Error) => (): Promise<unknown> => Promise.reject(error);

describe('a package that does not load', () => {
  it('is named with the command that installs it', async () => {
    const error = Object.assign(
      new Error("Cannot find package 'hyperdht' imported from /x/packages.js\n  more"),
      {
        code: 'ERR_MODULE_NOT_FOUND',
      },
    );
    await expect(loadSwarm(failing(error))).rejects.toThrow(
      new LiveUnavailable(
        'live runs need the optional package hyperdht, which is not installed: npm install --include=optional',
      ),
    );
  });

  it('is named with what its native part says, in one line', async () => {
    const error = Object.assign(new Error('ADDON_NOT_FOUND: Cannot find addon udx-native\n  tried: /x'), {
      code: 'ADDON_NOT_FOUND',
    });
    await expect(loadTestnet(failing(error))).rejects.toThrow(
      new LiveUnavailable(
        `live runs need the package @hyperswarm/testnet, which does not load on ${process.platform}-${process.arch}: ADDON_NOT_FOUND: Cannot find addon udx-native`,
      ),
    );
  });

  it('is nothing that happens here', async () => {
    expect(Object.keys(await loadSwarm())).toEqual(['HyperDHT', 'Hyperswarm']);
  });
});
