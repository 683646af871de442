// A Signal device's WebSocket: Signal-Android messages/IncomingMessageObserver.kt, gcm/FcmFetchManager.kt; Signal-iOS
// Network/OWSChatConnection.swift.
import type { Address } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { MobileConnection } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
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

/** `restarted`: the device comes back from a crash, so that nothing is open. */
export function createDeviceConnection(config: ConnectionConfig, restarted: boolean): MobileConnection {
  const { account, device, policy, random, connectedAtStart } = config;
  const login: Login = { kind: 'signal.login', account, device, carries: carriesNothing };
  return new MobileConnection(
    {
      get service() {
        return config.service;
      },
      tag: webSocketTag,
      options: webSocketOptions,
      policy,
      login,
      connectedAtStart,
      wait: (failures) => connectWait(policy, failures, random),
    },
    restarted,
  );
}
