// What one implementation of a homeserver does differently from another, as data and a sender of its own.
import type { StoredState } from '../../core.ts';
import type { RandomStream } from '../../random-stream.ts';
import type { Duration } from '../../time.ts';
import { dendrite, synapse } from './constants.ts';
import { DendriteSender } from './dendrite-sender.ts';
import type { EventSender, SenderOptions } from './event-sender.ts';
import { FederationSender } from './sender.ts';
import {
  DendriteWellKnownMemory,
  SynapseWellKnownMemory,
  type WellKnownMemory,
} from './well-known-memory.ts';

/** How much of a state that was told in ids is not here. */
export interface MissingState {
  /** Events of the state and of what authorises it, of so many. */
  readonly ofTold: number;
  readonly told: number;
  /** The event after which the state is. */
  readonly isPredecessorMissing: boolean;
}

/** How a server that follows one implementation takes part in federation. */
export interface FederationProfile {
  readonly name: 'synapse' | 'dendrite';
  makeSender(options: SenderOptions, stored: StoredState | undefined): EventSender;
  /** One attempt to connect, name included; undefined: as long as the request. */
  readonly connectTimeout: Duration | undefined;
  /** A request dials a silent server a second time. */
  readonly dialsTwice: boolean;
  /** How it remembers where others are. */
  makeWellKnownMemory(random: RandomStream): WellKnownMemory;
  /** Events asked for when predecessors are missing. */
  readonly missingEventsLimit: number;
  readonly missingEventsTimeout: Duration;
  readonly stateIdsTimeout: Duration;
  readonly stateTimeout: Duration;
  readonly authChainTimeout: Duration;
  /** For a single event. */
  readonly eventTimeout: Duration;
  readonly backfillTimeout: Duration;
  /** Before lists of devices that could not be had are asked for anew. */
  readonly deviceResyncPause: Duration;
  /** For `make_join` and its kin, and for `send_join` and its kin. */
  readonly makeMembershipTimeout: Duration;
  readonly sendMembershipTimeout: Duration;
  /** A state of which so much is missing is asked for as a whole; otherwise each missing event by itself. */
  asksForWholeState(missing: MissingState): boolean;
  /** Every server of the room is asked for what is missing, one after the other; otherwise only the one that sent. */
  readonly asksOtherServers: boolean;
  /**
   * A told state of which some event cannot be had is taken without it; otherwise the event behind it is not taken, and
   * tried again later. Synapse takes it (`_get_state_ids_after_missing_prev_event`); not to is
   * https://github.com/element-hq/synapse/pull/18877.
   */
  readonly takesIncompleteStates: boolean;
  /** An event that could not be connected is left alone for a while; otherwise the rest of the pull is given up. */
  readonly leavesVainPulls: boolean;
  /** It makes dummy events where a room's front has grown long. */
  readonly shortensFronts: boolean;
  /** An event that was pushed is taken in behind a gap, with a state that others told; otherwise it is dropped. */
  readonly takesPushedBehindGap: boolean;
  /**
   * Its answers to transactions are remembered; otherwise what comes under an id that has been answered for is looked at like any
   * other. While a transaction is at work, none under its id is looked at by either.
   */
  readonly remembersTransactions: boolean;
  /** Events of a room that wait to be judged are thinned out to the last ones when there are so many; undefined: never. */
  readonly stagedBeforePruning: number | undefined;
}

/** github.com/element-hq/synapse */
export const synapseProfile: FederationProfile = {
  name: 'synapse',
  makeSender: (options, stored) => new FederationSender(options, stored),
  connectTimeout: synapse.connectTimeout,
  dialsTwice: false,
  makeWellKnownMemory: (random) => new SynapseWellKnownMemory(random),
  missingEventsLimit: synapse.missingEventsLimit,
  missingEventsTimeout: synapse.missingEventsTimeout,
  stateIdsTimeout: synapse.requestTimeout,
  stateTimeout: synapse.stateTimeout,
  authChainTimeout: synapse.requestTimeout,
  eventTimeout: synapse.requestTimeout,
  backfillTimeout: synapse.requestTimeout,
  deviceResyncPause: synapse.deviceResyncPause,
  makeMembershipTimeout: synapse.membershipTimeout,
  sendMembershipTimeout: synapse.requestTimeout,
  asksForWholeState: ({ ofTold, told, isPredecessorMissing }) =>
    (ofTold + (isPredecessorMissing ? 1 : 0)) * synapse.wholeStateShare >= told,
  asksOtherServers: false,
  takesIncompleteStates: true,
  leavesVainPulls: true,
  takesPushedBehindGap: false,
  remembersTransactions: true,
  stagedBeforePruning: synapse.stagedBeforePruning,
  shortensFronts: true,
};

/** github.com/element-hq/dendrite, roomserver/internal/input/input_missing.go for what is missing. */
export const dendriteProfile: FederationProfile = {
  name: 'dendrite',
  makeSender: (options, stored) => new DendriteSender(options, stored),
  connectTimeout: dendrite.connectTimeout,
  dialsTwice: true,
  makeWellKnownMemory: () => new DendriteWellKnownMemory(),
  missingEventsLimit: dendrite.missingEventsLimit,
  missingEventsTimeout: dendrite.questionTimeout,
  stateIdsTimeout: dendrite.stateIdsTimeout,
  stateTimeout: dendrite.questionTimeout,
  authChainTimeout: dendrite.questionTimeout,
  eventTimeout: dendrite.questionTimeout,
  backfillTimeout: dendrite.questionTimeout,
  deviceResyncPause: dendrite.deviceResyncPause,
  makeMembershipTimeout: dendrite.questionTimeout,
  sendMembershipTimeout: dendrite.sendJoinTimeout,
  asksForWholeState: ({ ofTold, told }) =>
    ofTold > dendrite.mostSingleEvents && ofTold > told * dendrite.wholeStateShare,
  asksOtherServers: true,
  takesIncompleteStates: true,
  leavesVainPulls: false,
  takesPushedBehindGap: true,
  // federationapi/routing/send.go, `inFlightTxnsPerOrigin`: ids are known while they are at work.
  remembersTransactions: false,
  // roomserver/internal/input/input.go: a queue for each room, worked off one by one.
  stagedBeforePruning: undefined,
  shortensFronts: false,
};
