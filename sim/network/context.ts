// What the parts of the transport share.
import type { FaultField } from '../faults/fault-field.ts';
import type { WorldHealth } from '../infrastructure/health.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { ConnectionTable } from './connection-table.ts';
import type { Resolvers } from './dns.ts';
import type { MediumHost } from './medium.ts';
import type { Paths } from './path.ts';
import type { Stations } from './station.ts';

/** The surroundings of every connection. */
export interface NetworkContext {
  readonly host: MediumHost;
  /** Chance by address: no draw moves another. */
  readonly draw: AddressedDraw;
  readonly field: FaultField;
  readonly health: WorldHealth;
  readonly stations: Stations;
  readonly paths: Paths;
  readonly resolvers: Resolvers;
  readonly table: ConnectionTable;
}
