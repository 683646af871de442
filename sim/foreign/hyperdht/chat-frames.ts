// What two chat applications say to each other on their encrypted connection: JSON, one message in each frame.
import type { ConversationId, UserMessageId } from '../../../protocol/message.ts';

export type ChatFrame =
  | {
      readonly kind: 'text';
      readonly id: UserMessageId;
      readonly conversation: ConversationId;
      readonly text: string;
    }
  | { readonly kind: 'received'; readonly id: UserMessageId };

export function encodeFrame(frame: ChatFrame): Uint8Array {
  return Buffer.from(JSON.stringify(frame));
}

/** Frames come from this program alone: what is none is a mistake of it. */
export function decodeFrame(bytes: Uint8Array): ChatFrame {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as ChatFrame;
}
