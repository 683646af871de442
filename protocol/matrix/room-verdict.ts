// What a server thinks of an event of a room.
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
