// Brings the real hyperdht and hyperswarm into one run.
import { setImmediate } from 'node:timers/promises';
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

/** Foreign code and what whoever drives its simulation has to do. One for each run. */
export interface ForeignDriver extends ForeignCode {
  /** After every event: everything that it set off in promises, before the next. */
  settle(): Promise<void>;
  /** Whether the last event set off anything; no need to settle otherwise. */
  readonly isUnsettled: boolean;
}

/**
 * Makes the driver of one run.
 * @throws ForeignPackagesMissing
 */
export function createHyperdhtDriver(seed: string): ForeignDriver {
  const library = loadLibrary(createRandomStream(`${seed}/hyperdht/load`));
  let unsettled = false;
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
          onEntered() {
            unsettled = true;
          },
        });
      };
    },
    get isUnsettled() {
      return unsettled;
    },
    async settle() {
      // A turn of the event loop begins when no promise and no `nextTick` is left to run.
      await setImmediate();
      unsettled = false;
    },
  };
}
