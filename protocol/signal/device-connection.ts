// A Signal device's WebSocket: Signal-Android messages/IncomingMessageObserver.kt, gcm/FcmFetchManager.kt; Signal-iOS
// Network/OWSChatConnection.swift.
import type { Address } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { MobileConnection, type MobileConnectionConfig } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Duration } from '../time.ts';
import { connectWait } from './backoff.ts';
import { client, type PlatformPolicy } from './constants.ts';
import type { AccountId, Login } from './messages.ts';

/** Tag of the one connection attempt; a connection that is open when a run begins has it too. */
export const webSocketTag = 'websocket';

/** How a phone keeps and gives up its connection. */
export const webSocketOptions = { timeout: client.connectTimeout, keepAlive: client.keepAlive } as const;

/** How a connection is set up. */
export interface ConnectionConfig {
  readonly account: AccountId;
  readonly device: number;
  readonly service: Address;
  readonly policy: PlatformPolicy;
  readonly random: RandomStream;
  /** The run begins with the application open and its connection up: the host will say so with `link-up`. */
  readonly connectedAtStart: boolean;
}

class WebSocketConfig implements MobileConnectionConfig {
  readonly tag = webSocketTag;
  readonly options = webSocketOptions;
  readonly policy: PlatformPolicy;
  readonly login: Login;
  readonly connectedAtStart: boolean;
  readonly #config: ConnectionConfig;

  constructor(config: ConnectionConfig) {
    const { account, device, policy, connectedAtStart } = config;
    this.#config = config;
    this.policy = policy;
    this.connectedAtStart = connectedAtStart;
    this.login = { kind: 'signal.login', account, device, carries: carriesNothing };
  }

  /** Changes with the device's route. */
  get service(): Address {
    return this.#config.service;
  }

  wait(failures: number): Duration {
    return connectWait(this.policy, failures, this.#config.random);
  }
}

/** `restarted`: the device comes back from a crash, so that nothing is open. */
export function createDeviceConnection(config: ConnectionConfig, restarted: boolean): MobileConnection {
  return new MobileConnection(new WebSocketConfig(config), restarted);
}
