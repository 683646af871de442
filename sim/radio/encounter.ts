// Two phones within range of each other, and how far they are on the way to a connection.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import type { Port } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import { AirUse } from './interference.ts';
import type { RadioLink } from './bluetooth-link.ts';
import type { RadioParameters } from './radio-parameters.ts';

/** A phone with its radio. */
export interface RadioPhone {
  readonly port: Port;
  readonly name: string;
  readonly platform: 'ios' | 'android';
  isOn: boolean;
  /** Its application is open; otherwise it works in the background. */
  inHand: boolean;
  /** During how many of `scanParts` of the time it listens for others. */
  scans: number;
  /** Connections made or being made, and those of them that this phone began. */
  connections: number;
  centralConnections: number;
  /** Connection attempts keep a distance. */
  nextAttemptAt: Instant;
  /** Its one transmitter has something to send until then. */
  transmitsUntil: Instant;
  /** Faults because of which it repeated something since it was last idle. */
  pressedBy: CauseToken;
  /** Faults that broke connections of it, or kept it from any, since it was switched on: others took their place. */
  reshapedBy: CauseToken;
  readonly air: AirUse;
  readonly encounters: Map<NodeIndex, Encounter>;
}

/**
 * How far an encounter is.
 * - `discovering`: until one hears the other.
 * - `waiting-for-slot`: neither may begin a connection until one of them has lost another one.
 * - `connecting`, `connected`: a slot of both is taken.
 * - `pausing`: one of them closed the connection; they leave each other alone for a while.
 */
export type EncounterStage = 'discovering' | 'waiting-for-slot' | 'connecting' | 'connected' | 'pausing';

/** Two phones within range, or still connected. */
export interface Encounter {
  readonly left: RadioPhone;
  readonly right: RadioPhone;
  /** Metres. */
  readonly range: number;
  inRange: boolean;
  stage: EncounterStage;
  /** The next step: heard, connected, supervision time-out, end of the pause. */
  handle: EventHandle | undefined;
  /** The side that connects. */
  central: RadioPhone;
  link: RadioLink | undefined;
  /** A jammer drowns so much that the connection is lost, or about to be. */
  isDeaf: boolean;
}

/** A phone whose radio is off. */
export function newPhone(port: Port, name: string, platform: 'ios' | 'android'): RadioPhone {
  return {
    port,
    name,
    platform,
    isOn: false,
    inHand: true,
    scans: 0,
    connections: 0,
    centralConnections: 0,
    nextAttemptAt: 0 as Instant,
    transmitsUntil: 0 as Instant,
    pressedBy: noCause,
    reshapedBy: noCause,
    air: new AirUse(),
    encounters: new Map(),
  };
}

/** The phone of the encounter that is not this one. */
export function partner({ left, right }: Encounter, phone: RadioPhone): RadioPhone {
  return phone === left ? right : left;
}

/** Whether both have a slot, and `central` may begin one more connection. */
export function canConnect(
  parameters: RadioParameters,
  central: RadioPhone,
  peripheral: RadioPhone,
): boolean {
  const mayBegin =
    central.platform === 'android' || central.centralConnections < parameters.radioBegunLinksIos;
  return mayBegin && hasRoom(parameters, central) && hasRoom(parameters, peripheral);
}

function hasRoom(parameters: RadioParameters, { platform, connections }: RadioPhone): boolean {
  return (
    connections < (platform === 'android' ? parameters.radioTotalLinksAndroid : parameters.radioTotalLinksIos)
  );
}
