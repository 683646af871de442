// Text that fits where it is to stand.

/** The shortest text worth writing. */
const fewestLetters = 4;

function shortest(
  context: CanvasRenderingContext2D,
  text: string,
  width: number,
  cut: (letters: number) => string,
): string {
  if (context.measureText(text).width <= width) return text;
  for (let letters = text.length - 1; letters >= fewestLetters; letters--) {
    const short = cut(letters);
    if (context.measureText(short).width <= width) return short;
  }
  return '';
}

/** Without its beginning, where there is too much of it: what tells machines apart stands at the end of their names. */
export const cutAtStart = (context: CanvasRenderingContext2D, text: string, width: number): string =>
  shortest(context, text, width, (letters) => `…${text.slice(-letters)}`);

/** Without its end. */
export const cutAtEnd = (context: CanvasRenderingContext2D, text: string, width: number): string =>
  shortest(context, text, width, (letters) => `${text.slice(0, letters)}…`);
