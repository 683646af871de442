// Brings the real hyperdht and hyperswarm into one run.
import type { CoreFactory } from '../../../protocol/core.ts';
import { seconds } from '../../../protocol/time.ts';
import type { ForeignCode } from '../../foreign-code.ts';
import { createRandomStream } from '../../random/streams.ts';
import type { HyperswarmMachine } from '../../systems/hyperswarm-machines.ts';
import { ChatProgram } from './chat-program.ts';
import { dhtProgram } from './dht-program.ts';
import { ForeignCore } from './foreign-core.ts';
import { loadLibrary } from './library.ts';
import { Machine } from './machine.ts';
import { statefulFilter } from './packet-filter.ts';

/** What a device behind a router believes its address to be: RFC 1918. */
const homeAddress = '192.168.1.2';

/**
 * The library for one run.
 * @throws ForeignPackagesMissing
 */
export function createHyperdht(seed: string): ForeignCode {
  const library = loadLibrary(createRandomStream(`${seed}/hyperdht/load`));
  return {
    core(description): CoreFactory {
      const of = description as HyperswarmMachine;
      const filtered = of.role === 'peer' && of.filterSeconds !== undefined ? of.filterSeconds : undefined;
      return (stored) => {
        const machine = new Machine(of.host, filtered === undefined ? of.host : homeAddress, of.random);
        return new ForeignCore({
          library,
          machine,
          book: of.book,
          filter: filtered === undefined ? undefined : statefulFilter(seconds(filtered)),
          program: (udx) =>
            of.role === 'dht'
              ? dhtProgram(library, udx, of)
              : new ChatProgram({ library, udx, machine, of, stored }),
        });
      };
    },
  };
}
