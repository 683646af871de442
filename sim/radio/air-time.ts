// What a transmission costs on the air. Bluetooth Core Specification 5.x, Vol 6 Part B, LE 1M: 8 microseconds a byte,
// 10 bytes around each data unit, 150 microseconds between frames, an empty answer of 80 microseconds.

/** Payload of a data unit with length extension, after the headers of L2CAP (4) and ATT (3). */
const unitBytes = 244;
const unitOverheadMicroseconds = 8 * (10 + 7) + 150 + 80 + 150;

/** Microseconds on the air for so many bytes of an attribute value, acknowledgements included. */
export function airMicroseconds(bytes: number): number {
  return bytes * 8 + Math.ceil(bytes / unitBytes) * unitOverheadMicroseconds;
}
