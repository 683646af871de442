// What a server thinks of an event of a room.
import type { Outcome } from '../outcome.ts';

/** The check on receipt that refused an event. */
export type RejectionStage = 'format' | 'signature' | 'independent' | 'auth_events' | 'state_before';

/** What a server thinks of an event. */
export type RoomVerdict =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'rejected';
      readonly stage: RejectionStage;
      readonly rule: string;
      readonly detail: string;
    }
  | { readonly kind: 'soft-failed'; readonly rule: string; readonly detail: string };

export function rejected(
  stage: RejectionStage,
  refusal: Extract<Outcome<never>, { ok: false }>,
): RoomVerdict {
  return { kind: 'rejected', stage, rule: refusal.rule, detail: refusal.detail };
}
