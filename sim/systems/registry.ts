// The messaging systems that can be run, by id. Adding one is a file beside this and a line here.
import { bitchat } from './bitchat.ts';
import { bitchatNostr } from './bitchat-nostr.ts';
import { bridge } from './bridge.ts';
import { firechat } from './firechat.ts';
import { hybridMatrix } from './hybrid-matrix.ts';
import { hyperswarm } from './hyperswarm.ts';
import { matrix } from './matrix.ts';
import { matrixClosed } from './matrix-closed.ts';
import { email } from './email.ts';
import { p2pMatrix } from './p2p-matrix.ts';
import { direct, epidemic, prophet, sprayAndWait } from './store-carry-forward.ts';
import { portfolio } from './portfolio.ts';
import { signal, signalEurope, signalTwoClouds, signalTwoRegions } from './signal.ts';
import type { System } from './system.ts';
import { whatsapp } from './whatsapp.ts';

/** Every system, in the order in which reports show them. */
export const systems: ReadonlyMap<string, System> = new Map(
  [
    signal,
    signalEurope,
    signalTwoRegions,
    signalTwoClouds,
    whatsapp,
    portfolio,
    email,
    bridge,
    matrix,
    matrixClosed,
    p2pMatrix,
    hybridMatrix,
    hyperswarm,
    bitchat,
    bitchatNostr,
    firechat,
    epidemic,
    sprayAndWait,
    prophet,
    direct,
  ].map((system) => [system.id, system]),
);

/** Those whose cores are netsplit's own: they need nothing that may be missing, and a run of them is cheap. */
export const ownSystems: ReadonlyMap<string, System> = new Map(
  [...systems].filter(([, { runsForeignCode }]) => runsForeignCode !== true),
);
