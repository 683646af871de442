// What stands around the nodes of a simulation: the network, the radio, and the health of the world.
import type { CauseToken } from '../../protocol/failure.ts';
import type { Duration } from '../../protocol/time.ts';
import type { CauseTable } from '../causes.ts';
import type { Machines, OperatorListener } from '../faults/operators.ts';
import type { InternetMedium, MediumHost, RadioMedium } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { SimulationPlan } from '../simulation.ts';
import type { NodeSpec } from '../systems/system.ts';
import type { AccessProfile, Assumption, World } from '../world.ts';
import type { NodeHealth } from './node-health.ts';

/** What surroundings are made from. */
export interface SurroundingsOptions {
  readonly host: MediumHost;
  readonly plan: SimulationPlan;
  /** The plan's world with the components that the system added. */
  readonly world: World;
  /** By node index. */
  readonly nodes: readonly NodeSpec[];
  readonly causes: CauseTable;
  /** The access network that a person's device uses now; undefined for other nodes and while it has none. */
  readonly accessOf: (node: NodeIndex) => AccessProfile | undefined;
}

/** What faults do to wall clocks. */
export interface Clocks {
  /** Whether any clock of this run is ever wrong because of a fault. */
  readonly any: boolean;
  /** Shown time minus true time of a node now, whole milliseconds. */
  skewMs(node: NodeIndex): number;
  /** Faults because of which a node's clock is wrong now. */
  causeOf(node: NodeIndex): CauseToken;
}

/** Which machines are hostile. */
export interface Conduct {
  /** In which way a machine is hostile now; undefined while it is honest. */
  of(node: NodeIndex): string | undefined;
  /** Calls for every machine whose conduct changes. */
  onChange(listener: (node: NodeIndex, behaviour: string | undefined) => void): void;
}

/** The ways between push services and devices, on which the platforms keep a connection of their own. */
export interface PushWays {
  /** Faults that close the way now; undefined while it is open. */
  closedBy(service: NodeIndex, device: NodeIndex): CauseToken | undefined;
  /** Calls when ways may have opened. */
  onChange(listener: () => void): void;
}

/** The media and the health of one simulation. */
export interface Surroundings {
  readonly health: NodeHealth;
  readonly internet: InternetMedium;
  /** Present when the system uses radio. */
  readonly radio: RadioMedium | undefined;
  /** From now on operators watch and act, if the plan has actions. To be called once, before the first event. */
  operate?(machines: Machines, listener: OperatorListener): void;
  /** From now on strangers' requests arrive, where faults send them. To be called once, before the first event. */
  load?(arrived: (node: NodeIndex, work: Duration, cause: CauseToken) => void): void;
  readonly conduct?: Conduct;
  /** Left out where nothing but the device's own network is in the way of a notification. */
  readonly pushWays?: PushWays;
  /** Wall clocks that faults disturb. */
  readonly clocks?: Clocks;
  /** Counts the bytes that media do not count one by one (keep-alives), up to now. */
  settle(): void;
  /** Per fault: how many components it matched and how often it changed what the transport did. */
  faultContacts(): ReadonlyMap<string, number>;
  /**
   * Whether a fault or an action of the plan may have made a difference so far: false only when none means anything that
   * a node is, stands on, or has asked about. Left out: it may have.
   */
  touched?(): boolean;
  /** Modelled constants of the media and of health, for the report. */
  readonly assumptions?: readonly Assumption[];
}

export type CreateSurroundings = (options: SurroundingsOptions) => Surroundings;
