// A phone as the radio keeps it: on or off, where it moves, whom it is near, and how many links it may have.
import type { PersonId } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { EventHandle } from '../kernel/scheduler.ts';
import type { Port } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { Device, Stay } from '../workload/workload.ts';
import type { Encounter } from './encounter.ts';
import type { Grid } from './grid.ts';
import type { RadioParameters } from './parameters.ts';
import type { Motion } from './position.ts';

/** What does not change about a phone. */
export interface RadioPhoneOptions {
  readonly port: Port;
  readonly person: PersonId;
  readonly platform: Device['platform'];
  readonly stays: readonly Stay[];
  /** Of its owner's city: phones of different cities never meet. */
  readonly grid: Grid;
}

/** A phone with a radio. */
export class RadioPhone {
  readonly port: Port;
  readonly person: PersonId;
  readonly platform: Device['platform'];
  readonly stays: readonly Stay[];
  readonly grid: Grid;
  on = false;
  /** When the radio went on last, and from when its scanning periods count. */
  onSince = 0 as Instant;
  scanPhase = 0 as Instant;
  /** How it moves now; undefined while the radio is off. */
  motion: Motion | undefined;
  /** Its neighbours have been looked for up to this instant. */
  knownUntil = 0 as Instant;
  nextLook: EventHandle | undefined;
  /** Phones that it is near, or will be before one of the two is looked at again. */
  readonly encounters = new Map<NodeIndex, Encounter>();
  /** Links up or being set up: in all, and those that this phone opened. */
  links = 0;
  centralLinks = 0;
  /** It opens no connection before this. */
  nextConnect = 0 as Instant;
  /** Its one transmitter is busy until then. */
  transmitsUntil = 0 as Instant;

  constructor(options: RadioPhoneOptions) {
    this.port = options.port;
    this.person = options.person;
    this.platform = options.platform;
    this.stays = options.stays;
    this.grid = options.grid;
  }

  get node(): NodeIndex {
    return this.port.node;
  }
}

/** Whether `central` may open a link to `peripheral` now. */
export function mayConnect(parameters: RadioParameters, central: RadioPhone, peripheral: RadioPhone): boolean {
  return (
    hasFreeLink(parameters, peripheral) &&
    hasFreeLink(parameters, central) &&
    (central.platform === 'android' || central.centralLinks < parameters.iosCentralLinks)
  );
}

function hasFreeLink(parameters: RadioParameters, phone: RadioPhone): boolean {
  return phone.links < (phone.platform === 'ios' ? parameters.iosLinks : parameters.androidLinks);
}
