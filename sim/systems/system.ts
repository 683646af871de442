// How a messaging architecture is put onto a world: who runs which core where, and how a person's device uses it.
import type { Address, ConnectOptions, Core, CoreFactory, Tag } from '../../protocol/core.ts';
import type { Codec, PersonId } from '../../protocol/message.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';
import type { StoredForm } from '../../protocol/stored-form.ts';
import type { TaskKind } from '../../protocol/task.ts';
import type { Clock, Duration } from '../../protocol/time.ts';
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import type { ForeignCode } from '../foreign-code.ts';
import type { NodeIndex } from '../observation.ts';
import type { RadioDefaults } from '../radio/radio-parameters.ts';
import type { Fidelity } from './fidelity.ts';
import type { Workload } from '../workload/workload.ts';
import type { Assumption, Component, ComponentId, World } from '../world.ts';

/** One machine or device: cores that share fate, clock and disk. */
export interface NodeSpec {
  /** Unique in the system: `phone/17`, `hs/matrix.org`, `signal/chat-1`. */
  readonly name: string;
  /** The component it is: its needs decide when it is up. Devices of people leave it out and give `person`. */
  readonly component?: ComponentId;
  /** A person's device: place, access network, on and off, foreground and user actions follow the workload. */
  readonly person?: PersonId;
  /** Which of the person's devices; the phone when left out. */
  readonly device?: 'phone' | 'computer';
  /** Cores by part name. `local:<part>` addresses them from within the node. */
  readonly parts: Readonly<Record<string, CoreFactory>>;
  /** Which part gets user actions and push notifications. */
  readonly userPart?: string;
  /** Not running at the start: it boots when a core sends to `boot:<name>`. */
  readonly startsStopped?: boolean;
  /** How its clock goes wrong: shown time minus true time, and parts per million that it runs fast. Devices: skew from the workload. */
  readonly clock?: { readonly skewMs: number; readonly driftPartsPerMillion: number };
  /** Processors working in parallel on `spend`; 1 unless said. */
  readonly processors?: number;
  /** How requests wait while all of them are at work. */
  readonly queue?: QueueSpec;
  /** What it lacks after a start. */
  readonly cache?: CacheSpec;
  /** A machine with devices of several people on it, so that what is stored for one of these waits for the machine. */
  readonly hostsDevices?: boolean;
  /** Has a short-range radio, served by `radioPart`. */
  readonly radioPart?: string;
  /**
   * Its application goes on while nobody has the phone in hand: it runs whenever the phone is on, and its radio looks for others and is
   * found as the platform lets applications in the background. Otherwise both work only while the application is open.
   */
  readonly worksInBackground?: boolean;
}

/** A name that can be connected to. */
export interface EndpointSpec {
  /** Host name as cores use it. */
  readonly name: Address;
  /** DNS zone component that answers for the name; its faults decide what a resolver says. */
  readonly dnsZone: ComponentId;
  readonly ttlSeconds: number;
  /**
   * The name is a service (SRV record): the zone that answers for the record. `dnsZone` is then that of the host it names. Whoever
   * asks keeps the record while nobody answers for it.
   */
  readonly serviceZone?: ComponentId;
  /** TLS certificate component. */
  readonly certificate?: ComponentId;
  /** In front of the targets: a fault of it meets new connections and breaks open ones. */
  readonly loadBalancer?: ComponentId;
  /** Further components that must be up for a request to be served (a managed service behind the name). */
  readonly needs?: readonly ComponentId[];
  /** Who serves it. A connection picks one that is up, by a draw addressed by (seed, name, client, time). */
  readonly targets: readonly { readonly node: NodeIndex; readonly part: string }[];
  /** Pooled client connections to it are closed and made anew after this long (recycling); undefined: never. */
  readonly connectionLifetime?: Duration;
}

/** A connection that is open when the run begins. */
export interface WarmLink {
  readonly client: NodeIndex;
  readonly part: string;
  readonly to: Address;
  readonly tag: Tag;
  readonly options: ConnectOptions;
  /** Which target of the endpoint serves it; drawn when left out. */
  readonly target?: NodeIndex;
}

/** What a system builds itself with. Everything it constructs is as after long quiet use. */
export interface Deployment {
  readonly world: World;
  readonly workload: Workload;
  /** For a system that `runsForeignCode`, when the run begins; its deployment alone can be looked at without. */
  foreign?(): ForeignCode;
  /** Endogenous chance of the deployment or of a node, by name. */
  random(name: string): RandomStream;
  /** Exogenous chance: uniform in [0, 1), the same for every system, by address. */
  exogenous(...address: readonly (string | number)[]): number;
  /** Exists only in this system's copy of the world. Its needs must exist. */
  addComponent(component: Component): void;
  addNode(node: NodeSpec): NodeIndex;
  addEndpoint(endpoint: EndpointSpec): void;
  addWarmLink(link: WarmLink): void;
  /** Lists a modelled constant in the report. */
  assume(assumption: Assumption): void;
  /** Reads a scenario parameter of this system, e.g. `persistDelaySeconds`; lists it as an assumption. */
  parameter(declaration: Omit<Assumption, 'path'> & { readonly name: string }): number;
}

/** A node at the end of a run, for a look at its cores that changes nothing. */
export interface NodeAtEnd {
  readonly name: string;
  readonly clock: Clock;
  /** Its cores by part; none while it is down. */
  readonly cores: readonly Core[];
  /** When it last went down and left less on its disk than it had written there, milliseconds since the Unix epoch. */
  readonly forgotAtMs: number | undefined;
}

/** Something that is not as it should be at the end of a run, with its cause in a word of the system's own closed list. */
export interface Finding {
  /** The shared object, e.g. a room. */
  readonly object: string;
  /** In what its copies differ. */
  readonly aspect: string;
  /** Node whose copy it is. */
  readonly node: string;
  /** `unexplained` fails the run. */
  readonly cause: string;
  /** What exactly, where there is more to say. */
  readonly detail?: string;
}

/** A node's copy of something that several share, e.g. a room. */
export interface SharedObject {
  readonly object: string;
  /** What it holds, each entry as one text, sorted: equal lists are equal copies, whatever ids and instants differ. */
  readonly entries: readonly string[];
}

/** What a host outside the simulator needs to run the system. */
export interface LiveSupport {
  /** How what its cores persist goes to a real disk. */
  readonly storedForm: StoredForm;
  /** What of it there is only in the simulator, in a sentence for people; undefined: nothing. */
  readonly without?: string;
  /** The shared objects that these cores of one node hold. */
  sharedObjects(cores: readonly Core[]): readonly SharedObject[];
}

/** A messaging architecture. One file in sim/systems, one or more folders in protocol/. */
export interface System {
  readonly id: string;
  readonly title: string;
  /** One paragraph for reports: what it is and what it leaves out. */
  readonly description: string;
  /** How near it is to what people run; stands beside every figure. */
  readonly fidelity: Fidelity;
  readonly codec: Codec;
  /** True when devices exchange messages by radio. */
  readonly usesRadio: boolean;
  /** True when devices exchange messages without a server in between, otherwise than by radio. */
  readonly isDeviceToDevice?: boolean;
  /** Its nodes run other people's code, which whoever starts a run has to bring. */
  readonly runsForeignCode?: boolean;
  /** True when devices with a radio also find each other in local networks; declares their parameters. */
  readonly usesLocalNetworks?: boolean;
  /** What people can do in it beyond writing; nothing when left out. */
  readonly tasks?: readonly TaskKind[];
  /** Why the architecture has no counterpart of other kinds; kinds in neither list are not simulated yet. */
  readonly withoutTask?: Readonly<Partial<Record<TaskKind, string>>>;
  /** Where its radio differs from Bluetooth LE as Bitchat uses it. */
  readonly radioDefaults?: RadioDefaults;
  /** Its cores can run in real time outside the simulator; left out where nobody has made that possible. */
  readonly live?: LiveSupport;
  deploy(deployment: Deployment): void;
  /** What is wrong when the run is over. */
  conclude?(nodes: readonly NodeAtEnd[]): readonly Finding[];
}
