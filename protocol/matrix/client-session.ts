// The device as which a client is logged in.
import type { Effects, StoredState } from '../core.ts';
import type { DeviceAddress } from './room-recipients.ts';

/** Another device once the user has logged in anew. */
export interface ClientSession extends DeviceAddress {
  deviceId: string;
}

const deviceKey = 'device';

/** As the client is set up, or as it was when it stopped. */
export function sessionFrom(
  { userId, deviceId }: DeviceAddress,
  stored: StoredState | undefined,
): ClientSession {
  return { userId, deviceId: (stored?.get(deviceKey) as string | undefined) ?? deviceId };
}

/** It is another device from now on. */
export function becomeDevice(session: ClientSession, deviceId: string, out: Effects): void {
  session.deviceId = deviceId;
  out.persist(deviceKey, deviceId);
}
