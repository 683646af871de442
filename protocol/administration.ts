// What people who may do it change about a conversation itself, in words that belong to no protocol.
import type { PersonId } from './message.ts';

/**
 * One change. Guests are accounts of nobody in the simulation: what happens to them, and what they say, decides no delivery. They
 * write from the device of a member who is on their server.
 */
export type AdministrativeChange =
  | { readonly kind: 'topic'; readonly text: string }
  /** Who may come: everybody, or who is invited. */
  | { readonly kind: 'entry'; readonly rule: 'public' | 'invite' }
  /** A guest (by number) is thrown out for good; thrown out, or no longer banned; or asked to come back. */
  | { readonly kind: 'guest'; readonly guest: number; readonly fate: 'ban' | 'remove' | 'invite' }
  | { readonly kind: 'guest-speaks'; readonly guest: number; readonly text: string }
  /** Somebody becomes a moderator, or no longer is one. */
  | { readonly kind: 'moderator'; readonly person: PersonId; readonly is: boolean };
