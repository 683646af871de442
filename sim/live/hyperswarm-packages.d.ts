// What netsplit uses of hyperdht, hyperswarm and the testnet, which ship without types. Exact versions are in package.json.

declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events';

  namespace HyperDHT {
    interface Address {
      readonly host: string;
      readonly port: number;
    }
    interface KeyPair {
      readonly publicKey: Buffer;
      readonly secretKey: Buffer;
    }
  }
  class HyperDHT extends EventEmitter {
    constructor(options: { bootstrap: readonly HyperDHT.Address[]; host: string; ephemeral?: boolean });
    static keyPair(seed?: Buffer): HyperDHT.KeyPair;
    address(): HyperDHT.Address;
    fullyBootstrapped(): Promise<void>;
    destroy(options?: { force?: boolean }): Promise<void>;
  }
  export = HyperDHT;
}

declare module 'hyperswarm' {
  import type HyperDHT from 'hyperdht';
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  namespace Hyperswarm {
    interface Connection extends Duplex {
      readonly remotePublicKey: Buffer;
      readonly isInitiator: boolean;
      setKeepAlive(milliseconds: number): void;
    }
  }
  class Hyperswarm extends EventEmitter {
    constructor(options: {
      dht: HyperDHT;
      keyPair: HyperDHT.KeyPair;
      maxPeers?: number;
      maxParallel?: number;
      /** True: the peer is turned away. */
      firewall?: (remotePublicKey: Buffer) => boolean;
    });
    listen(): Promise<void>;
    joinPeer(publicKey: Buffer): void;
    leavePeer(publicKey: Buffer): void;
    destroy(options?: { force?: boolean }): Promise<void>;
    on(event: 'connection', listener: (connection: Hyperswarm.Connection) => void): this;
  }
  export = Hyperswarm;
}

declare module '@hyperswarm/testnet' {
  import type HyperDHT from 'hyperdht';

  function createTestnet(
    size: number,
    options: { host: string; port?: number },
  ): Promise<{ readonly bootstrap: readonly HyperDHT.Address[]; destroy(): Promise<void> }>;
  export = createTestnet;
}
