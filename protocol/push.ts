// A platform's push service (Apple's APNs, Google's FCM): takes a notification from an application's server and wakes
// that application on one device. Several systems share it, so it belongs to none of them.
import type { Address, Core, CoreFactory } from './core.ts';
import { jsonCodec } from './codec.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from './message.ts';

/** Host names of the two platforms' push services. */
export const pushServices = {
  ios: 'api.push.apple.com' as Address,
  android: 'fcm.googleapis.com' as Address,
} as const;

/** "Wake this device's application." The content never says what was written, only that something waits. */
export interface PushNotify extends Message {
  readonly kind: 'push.notify';
  /** The device: its registration token is its node's name. */
  readonly token: string;
  /** High priority: the system wakes the application at once, also out of power saving. */
  readonly urgent: boolean;
}

/** The service has taken the notification. It says nothing about whether the device will ever see it. */
export interface PushAccepted extends Message {
  readonly kind: 'push.accepted';
}

export type PushMessage = PushNotify | PushAccepted;

/** Wakes the application behind `token` because of these user messages. */
export function pushNotify(token: string, urgent: boolean, carries: readonly UserMessageId[]): PushNotify {
  return { kind: 'push.notify', token, urgent, carries };
}

const accepted: PushAccepted = Object.freeze({ kind: 'push.accepted', carries: carriesNothing });

/**
 * Bytes around the JSON body. HTTP/2 with a token to authenticate: start line and headers of a request to APNs are
 * about 500 bytes before header compression, a bare answer about 60 (assumed from the header fields listed at
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns).
 */
const overheadBytes: Readonly<Record<PushMessage['kind'], number>> = {
  'push.notify': 500,
  'push.accepted': 60,
};

function isPushMessage(value: object): boolean {
  const { kind, token, urgent } = value as Partial<PushNotify>;
  if ((kind as string) === 'push.accepted') return true;
  return kind === 'push.notify' && typeof token === 'string' && typeof urgent === 'boolean';
}

/** JSON over HTTP, as both platforms' interfaces are. */
export const pushCodec: Codec<PushMessage> = jsonCodec<PushMessage>({
  overheadBytes: (kind) => overheadBytes[kind as PushMessage['kind']],
  isMessage: isPushMessage,
});

/**
 * The push service. It keeps nothing: the host's `push:` address stands for the platform's own channel to the device,
 * on which notifications for the same device collapse into the newest until it can be reached.
 */
export const createPushService: CoreFactory = (): Core => {
  let forwarded = 0;
  return {
    step(_clock, input, out) {
      if (input.kind !== 'request') return;
      if (input.message.kind !== 'push.notify') {
        out.refuse(input.id, 400);
        return;
      }
      const notification = input.message as PushNotify;
      forwarded += 1;
      out.send(`push:${notification.token}` as Address, notification);
      out.respond(input.id, accepted);
    },
    inspect: () => ({ forwarded }),
  };
};
