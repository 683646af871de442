// What people do beyond writing in a chat that is open: tasks, in words that belong to no protocol. They depend on other
// parts of a service than a message does, and so fail at other times.
import type { Brand } from './brand.ts';
import type { ConversationId, PersonId } from './message.ts';

/** One thing that one person sets out to do: the row number in the run's workload. */
export type TaskId = Brand<number, 'TaskId'>;

/** Every kind of task, in the order in which reports show them. */
export const taskKinds = [
  'first-contact',
  'link-device',
  'log-in',
  'create-group',
  'join-group',
  'attachment',
  'history',
] as const;

export type TaskKind = (typeof taskKinds)[number];

/** What somebody sets out to do. */
export type Task =
  /** Finds somebody to whom this account has never written, and writes to them. */
  | { readonly kind: 'first-contact'; readonly to: PersonId }
  /** Makes a further device part of the account. */
  | { readonly kind: 'link-device' }
  /** Comes back to the account on a device that knows nothing of it. */
  | { readonly kind: 'log-in' }
  /** Makes a group, and asks people into it. */
  | { readonly kind: 'create-group'; readonly invites: readonly PersonId[] }
  /** Enters a group of somebody else, who has asked them. */
  | { readonly kind: 'join-group'; readonly host: PersonId }
  /** Sends a picture to a conversation. */
  | { readonly kind: 'attachment'; readonly conversation: ConversationId; readonly bytes: number }
  /** Reads what was said in a conversation before. */
  | { readonly kind: 'history'; readonly conversation: ConversationId };
