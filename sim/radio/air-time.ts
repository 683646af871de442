// What a transmission costs on the air. Bluetooth Core Specification 5.x, Vol 6 Part B, LE 1M: 8 microseconds a byte,
// 10 bytes around each data unit, 150 microseconds between frames, an empty answer of 80 microseconds.

/** Payload of a data unit with length extension, after the headers of L2CAP (4) and ATT (3). */
const unitBytes = 244;
/** Preamble 1, access address 4, header 2 and check sum 3. */
const frameBytes = 10;
const attributeHeaderBytes = 7;
const microsecondsPerByte = 8;
const interFrameMicroseconds = 150;
const emptyMicroseconds = frameBytes * microsecondsPerByte;
const unitOverheadMicroseconds =
  microsecondsPerByte * (frameBytes + attributeHeaderBytes) +
  interFrameMicroseconds +
  emptyMicroseconds +
  interFrameMicroseconds;

/** ADV_IND with an address (6) and 31 bytes of data, on each of three channels: Vol 6 Part B §2.3.1.1. */
export const advertisingChannels = 3;
export const advertisingBytes = advertisingChannels * (frameBytes + 6 + 31);
export const advertisingMicroseconds = advertisingBytes * microsecondsPerByte;

/** A connection event in which neither side has anything to say: an empty frame each way, §4.5.1. */
export const emptyEventBytes = 2 * frameBytes;
export const emptyEventMicroseconds = 2 * emptyMicroseconds + interFrameMicroseconds;

/** A data unit as long as they get, without its answer. */
export const fullUnitMicroseconds = microsecondsPerByte * (unitBytes + frameBytes + attributeHeaderBytes);

/** Bytes on the air for so many bytes of an attribute value: headers and the empty answers included. */
export function bytesOnAir(bytes: number): number {
  return bytes + Math.ceil(bytes / unitBytes) * (2 * frameBytes + attributeHeaderBytes);
}

/** Microseconds on the air for so many bytes of an attribute value, acknowledgements included. */
export function airMicroseconds(bytes: number): number {
  return bytes * microsecondsPerByte + Math.ceil(bytes / unitBytes) * unitOverheadMicroseconds;
}
