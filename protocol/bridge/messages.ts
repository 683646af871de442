// What a client asks of a bridge beside the rooms: its provisioning API (bridgev2/matrix/provisioning.go, `/_matrix/provision/v3`).
import { jsonCodec } from '../codec.ts';
import type { Codec, Message } from '../message.ts';
import type { UserId } from '../matrix/ids.ts';
import { taskKinds, type Task, type TaskId } from '../task.ts';

/**
 * `POST create_dm/…`, `create_group/…`, `login/start/…` with its steps; for a picture, the wait for the status that a bridge
 * gives each message (bridgev2/messagestatus.go), which comes by the room in fact.
 */
export interface Provision extends Message {
  readonly kind: 'bridge.provision';
  readonly user: UserId;
  /** Whose access token it carries. */
  readonly deviceId: string;
  /** Which of the bridge's networks. */
  readonly network: string;
  readonly task: Task;
  readonly id: TaskId;
  /** Of what the task makes: a room, a picture. */
  readonly name: string;
}

export interface Provisioned extends Message {
  readonly kind: 'bridge.provisioned';
}

/** The body of an error answer. */
export interface NotProvisioned extends Message {
  readonly kind: 'bridge.not-provisioned';
  /** What failed behind the bridge. */
  readonly step: string;
}

export type BridgeMessage = Provision | Provisioned | NotProvisioned;

/** HTTP start line and headers, about as those of the client-server API. Assumed. */
const overheadBytes = 300;

function isBridgeMessage(value: object): boolean {
  const { kind, user, deviceId, network, task, id, name, step } = value as Record<string, unknown>;
  const areTexts = (...values: readonly unknown[]): boolean =>
    values.every((each) => typeof each === 'string');
  switch (kind) {
    case 'bridge.provisioned':
      return true;
    case 'bridge.not-provisioned':
      return areTexts(step);
    case 'bridge.provision':
      return areTexts(user, deviceId, network, name) && Number.isSafeInteger(id) && isTask(task);
    default:
      return false;
  }
}

function isTask(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, to, invites, host, conversation, bytes } = value as Record<string, unknown>;
  const areCounts = (...values: readonly unknown[]): boolean =>
    values.every((each) => Number.isSafeInteger(each) && Number(each) >= 0);
  switch (kind) {
    case 'first-contact':
      return areCounts(to);
    case 'create-group':
      return Array.isArray(invites) && areCounts(...(invites as readonly unknown[]));
    case 'join-group':
      return areCounts(host);
    case 'attachment':
      return areCounts(conversation, bytes);
    case 'history':
      return areCounts(conversation);
    default:
      return taskKinds.some((each) => each === kind);
  }
}

export const bridgeCodec: Codec<BridgeMessage> = jsonCodec({
  overheadBytes: () => overheadBytes,
  isMessage: isBridgeMessage,
});
