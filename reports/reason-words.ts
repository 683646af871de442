// The reasons for which a message is where it is, in words for people.
import type { SpanReason } from './fates.ts';

/** Each reason as the end of "the message was ...". */
export const reasonWords: Readonly<Record<SpanReason, string>> = {
  queued: 'queued behind others',
  'waiting-for-network': 'on a phone without network',
  connecting: 'waiting for a connection',
  backoff: 'waiting for the next attempt',
  'awaiting-answer': 'sent, not yet acknowledged',
  'stored-for-recipient': 'stored for an absent recipient',
  'catching-up': 'known to be missing, being fetched',
  'no-route': 'without anybody to hand it to',
  'needs-manual-resend': 'failed, until its sender acts',
  computing: 'being computed',
  'radio-jitter': 'held back before relaying',
  undecryptable: 'there before its key',
  unverifiable: 'dropped, as nobody could vouch for its server',
  'push-failed': 'stored, as no push service could be had to wake the phone',
  'in-flight': 'on the wire',
  'connection-set-up': 'waiting for name, TCP or TLS',
  retransmitting: 'being retransmitted',
  'link-queue': 'behind other bytes on a link',
  'server-queue': 'behind other work at a server',
  'device-asleep': 'at a sleeping phone',
  'holder-down': 'on a machine that was down',
  dropped: 'given up by who had it',
};

/** Sorts of nodes in words; a sort that is not listed speaks for itself. */
const holderWords: Readonly<Record<string, string>> = {
  phone: 'phones',
  hs: 'homeservers',
  push: 'push services',
};

/** A sort of node as a plural noun. */
export function holderInWords(holder: string): string {
  return holderWords[holder] ?? holder;
}

/**
 * The sort of a node: `phone/17` is a `phone`, `hs/matrix.org` an `hs`, `signal/chat-1` a `signal/chat`. What only
 * tells one of a sort from another is left out: a number at the end, a host name.
 */
export function sortOfNode(name: string): string {
  const [system = name, rest] = name.split('/', 2);
  if (rest === undefined || /^\d+$/.test(rest) || rest.includes('.')) return system;
  return `${system}/${rest.replace(/-\d+$/, '')}`;
}
