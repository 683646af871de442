// Text of strangers, made safe to stand in an SVG document.

// XML has no way at all to write these: control characters but tab and line ends, halves of surrogate pairs, and the two
// non-characters.
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]|\p{Surrogate}/gu;
/** They reorder what stands around them. */
const bidirectional = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** The text as XML character data, also within attributes. */
export function xmlText(text: string): string {
  return text
    .replace(unwritable, '\uFFFD')
    .replace(bidirectional, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** At most this many characters, the last of which tells that there were more. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text.replaceAll(/\s+/g, ' '));
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
