// The messaging systems that can be run, by id. Adding one is a file beside this and a line here.
import { bitchat } from './bitchat.ts';
import { firechat } from './firechat.ts';
import { matrix } from './matrix.ts';
import { email } from './email.ts';
import { portfolio } from './portfolio.ts';
import { signal, signalEurope, signalTwoClouds, signalTwoRegions } from './signal.ts';
import type { System } from './system.ts';
import { whatsapp } from './whatsapp.ts';

/** Every system, in the order in which reports show them. */
export const systems: ReadonlyMap<string, System> = new Map(
<<<<<<< HEAD
  [
    signal,
    signalEurope,
    signalTwoRegions,
    signalTwoClouds,
    whatsapp,
    portfolio,
    matrix,
    bitchat,
    firechat,
  ].map((system) => [system.id, system]),
=======
  [signal, whatsapp, portfolio, email, matrix, bitchat, firechat].map((system) => [system.id, system]),
>>>>>>> e14b3d1 (smtp: mail servers with Postfix's schedule, backup hosts, returns; phones that hand in and fetch; Proton on its own sites. Finding 12 as a test and as a scenario, its intervals committed before it first runs)
);
