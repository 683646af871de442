// Colours come from the style sheet, in the reader's own light or dark; a system has the same one everywhere.
import { element } from './dom.ts';

/** The value of a custom property of the page. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of a system's series. */
export function systemColour(system: string): string {
  return colour(`--series-${system}`) || colour('--series-other');
}

/** The same for a style: by name, so that it follows the reader's light or dark. */
export const ownColour = (system: string): string =>
  `var(--series-${CSS.escape(system)}, var(--series-other))`;

/** A small square in a system's colour. */
export function swatch(system: string): HTMLElement {
  const square = element('span', { class: 'swatch', 'aria-hidden': 'true' });
  square.style.background = ownColour(system);
  return square;
}
