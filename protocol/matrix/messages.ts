// Every Matrix message of every interface.
import type { Message } from '../message.ts';
import type { ClientAnswer, ClientQuestion, PushGatewayNotify } from './client-messages.ts';
import type { DeviceAnswer, DeviceQuestion } from './device-messages.ts';
import type { DiscoveryAnswer, DiscoveryQuestion } from './federation/discovery-messages.ts';
import type { HandshakeAnswer, HandshakeQuestion } from './federation/handshake-messages.ts';
import type { FederationAnswer, FederationQuestion } from './federation/messages.ts';

export type MatrixMessage =
  | FederationQuestion
  | FederationAnswer
  | HandshakeQuestion
  | HandshakeAnswer
  | ClientQuestion
  | ClientAnswer
  | DeviceQuestion
  | DeviceAnswer
  | DiscoveryQuestion
  | DiscoveryAnswer
  | PushGatewayNotify;

/** The message, if it is one of this protocol's. */
export function asMatrix(message: Message | undefined): MatrixMessage | undefined {
  return message?.kind.startsWith('matrix.') === true ? (message as MatrixMessage) : undefined;
}
