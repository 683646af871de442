// What stands around the picture of a replay: when what was broken, and what the marks mean.
import { element, type Child } from '../dom.ts';

/** When faults were at work, beneath the slider. */
export function faultStrip(
  faults: readonly { readonly title: string; readonly start: number; readonly end: number }[],
  end: number,
): Child {
  const strip = element('div', { class: 'strip', 'aria-hidden': 'true' });
  for (const { start, end: until } of faults) {
    const bar = element('span', {});
    bar.style.left = `${(100 * start) / end}%`;
    bar.style.width = `${(100 * (Math.min(until, end) - start)) / end}%`;
    strip.append(bar);
  }
  return strip;
}

/** `groupSize`: people drawn as one at most. */
export function legend(isWithoutPlaces: boolean, groupSize: number): Child {
  const many = groupSize > 1;
  return element(
    'p',
    { class: 'note legend' },
    element('span', { class: 'mark fine' }),
    many ? `up to ${groupSize} neighbours in touch ` : 'in touch ',
    element('span', { class: 'mark ring' }),
    many ? 'cut off, as far round as the share of them ' : 'cut off ',
    element('span', { class: 'mark square' }),
    'holds something because of a fault ',
    element('span', { class: 'mark way' }),
    'on its way, straight from sender to recipient ',
    element('span', { class: 'mark late' }),
    'late, at whoever holds it (many as a number); the broken or faint line leads to whom it has not reached. ',
    isWithoutPlaces
      ? 'This run was kept without places: people are drawn in a circle.'
      : 'People are drawn where they live, city by city from west to east, moved apart where they would hide each other.',
  );
}
