// The keys of a device, as others see them: their length counts, and nothing checks what is in them here.
// https://spec.matrix.org/v1.16/client-server-api/#device-keys
import type { JsonObject } from './canonical-json.ts';

/** `DeviceKeys`: an identity key and a signing key (32 bytes each, in base64), signed (64 bytes) by the device itself. */
export function deviceKeys(userId: string, deviceId: string): JsonObject {
  return {
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    device_id: deviceId,
    keys: { [`curve25519:${deviceId}`]: 'K'.repeat(43), [`ed25519:${deviceId}`]: 'E'.repeat(43) },
    signatures: { [userId]: { [`ed25519:${deviceId}`]: 'S'.repeat(86) } },
    user_id: userId,
  };
}
