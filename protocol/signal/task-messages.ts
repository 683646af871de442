// What Signal's parts say to each other about more than messages: keys, devices, log-ins, groups, attachments,
// enclaves, and stores that have a twin.
import type { Message } from '../message.ts';
import type { AccountId, DeviceRecord, SignalMessage } from './messages.ts';

interface Plain<Kind extends string> extends Message {
  readonly kind: Kind;
}

// Device to chat service, and on to the tables.
export interface PutKeys extends Plain<'signal.put-keys'> {
  readonly account: AccountId;
  readonly count: number;
}
export interface KeyCount extends Plain<'signal.key-count'> {
  readonly account: AccountId;
}
export interface KeysLeft extends Plain<'signal.keys-left'> {
  readonly count: number;
}
/** The primary device gives a new one, which waits at the service, the account's keys. */
export interface Provision extends Plain<'signal.provision'> {
  readonly account: AccountId;
}
/** A device joins its account, or takes it over. */
export interface LinkDevice extends Plain<'signal.link-device'> {
  readonly account: AccountId;
  readonly device: DeviceRecord;
}
export interface Register extends Plain<'signal.register'> {
  readonly account: AccountId;
}
/** A number is proved to be its owner's: at the registration service, behind the chat service. */
export interface Verify extends Plain<'signal.verify'> {
  readonly account: AccountId;
}
/** Where to, and with which right, a device may upload. */
export interface UploadForm extends Plain<'signal.upload-form'> {
  readonly account: AccountId;
}

// Device to the storage service.
export interface GroupPut extends Plain<'signal.group-put'> {
  readonly group: string;
  readonly members: readonly AccountId[];
}
export interface GroupJoin extends Plain<'signal.group-join'> {
  readonly group: string;
  readonly member: AccountId;
}
export interface StorageRead extends Plain<'signal.storage-read'> {
  readonly account: AccountId;
}

// Device to the object stores behind the CDNs.
export interface ObjectPut extends Plain<'signal.object-put'> {
  readonly key: string;
  readonly bytes: number;
}
export interface ObjectGet extends Plain<'signal.object-get'> {
  readonly key: string;
}
export interface StoredObject extends Plain<'signal.object'> {
  readonly bytes: number;
}

// Device to an enclave.
export interface AskEnclave extends Plain<'signal.ask-enclave'> {
  readonly account: AccountId;
}

// Store to its twin at another site.
export interface Replicate extends Plain<'signal.replicate'> {
  readonly change: SignalMessage;
}

export type TaskMessage =
  | PutKeys
  | KeyCount
  | KeysLeft
  | Provision
  | LinkDevice
  | Register
  | Verify
  | UploadForm
  | GroupPut
  | GroupJoin
  | StorageRead
  | ObjectPut
  | ObjectGet
  | StoredObject
  | AskEnclave
  | Replicate;
