// Every ordering that decides something. `<` on strings and Array.sort() compare UTF-16 units; protocols want code points.

/** Orders strings by Unicode code point. Negative, zero or positive, as Array.sort wants. */
export function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const leftUnit = left.charCodeAt(index);
    const rightUnit = right.charCodeAt(index);
    if (leftUnit === rightUnit) continue;
    // Surrogates (D800-DFFF) stand for code points above every other unit, E000-FFFF included.
    const leftIsSurrogate = (leftUnit & 0xf800) === 0xd800;
    const rightIsSurrogate = (rightUnit & 0xf800) === 0xd800;
    if (leftIsSurrogate !== rightIsSurrogate) return leftIsSurrogate ? 1 : -1;
    return leftUnit - rightUnit;
  }
  return left.length - right.length;
}

/** Orders numbers, smallest first. */
export function compareNumbers(left: number, right: number): number {
  return left - right;
}

/** Orders byte strings as unsigned bytes, shorter first where one is a prefix of the other. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
