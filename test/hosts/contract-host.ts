// What a host must offer to be put through the contract suite.
import type { Address, CoreFactory, UserAction } from '../../protocol/core.ts';
import type { Codec } from '../../protocol/message.ts';

/** One node: its cores by part name. User actions go to the part `main`. */
export interface ContractNode {
  readonly name: string;
  readonly parts: Readonly<Record<string, CoreFactory>>;
  /** The host name under which others reach its part `main`. */
  readonly endpoint?: Address;
}

/** A host with nodes on it, not started. */
export interface ContractHost {
  /** Starts every node. */
  start(): Promise<void>;
  act(node: string, action: UserAction): void;
  /** Lets time pass until the condition holds; fails after ten seconds of the host's time. */
  until(condition: () => boolean): Promise<void>;
  /** Drops memory, keeps the disk, breaks connections; nobody listens any more. */
  crash(node: string): Promise<void>;
  restart(node: string): Promise<void>;
  inspect(node: string, part: string): unknown;
  close(): Promise<void>;
}

export type CreateContractHost = (nodes: readonly ContractNode[], codec: Codec) => ContractHost;
