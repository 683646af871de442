// Selectors: what they mean, where they go wrong, and what somebody may have meant.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../sim/infrastructure/near-misses.ts';
import { parseSelector, select } from '../../../sim/infrastructure/selector.ts';
import { component, components as network } from '../../support/network.ts';

const components = [
  ...network,
  component('path/asia-europe', 'path', { from: 'asia', to: 'europe' }),
  component('cable/red-sea', 'path', { from: 'EU', to: 'Asia' }),
];

function ids(text: string): readonly string[] {
  const found = select(text, components);
  return found.ok ? found.value.map(({ id }) => id) : [`error: ${found.detail}`];
}

describe('a selector', () => {
  const meanings: readonly [string, readonly string[]][] = [
    ['provider=aws region=us-east-1 service=nlb', ['aws/us-east-1/nlb']],
    ['kind=isp', ['isp/DE/one', 'isp/DE/two']],
    ['isp=*', ['isp/DE/one', 'isp/DE/two']],
    ['host=chat-1', ['host/chat-1']],
    ['host=chat-*', ['host/chat-1', 'host/chat-2']],
    ['host=*-1', ['host/chat-1', 'host/eu-1']],
    ['host=c*t-2', ['host/chat-2']],
    ['id=aws/us-east-1/nlb', ['aws/us-east-1/nlb']],
    ['HOST=chat-1', ['error']],
    ['host=CHAT-1', ['host/chat-1']],
    ['host=chat-1, host=eu-1', ['host/chat-1', 'host/eu-1']],
    ['host=eu-1 or host=chat-1', ['host/chat-1', 'host/eu-1']],
    ['country=DE kind=city or id=lb/chat', ['city/Berlin', 'lb/chat']],
    ['city="Berlin"', ['city/Berlin']],
    ['within 50 km of 52.5,13.4', ['city/Berlin']],
    ['within 500 km of 52.5, 13.4', ['aws/eu-central-1', 'city/Berlin']],
    ['kind=isp and isp=one', ['isp/DE/one']],
    ['kind=isp not isp=one', ['isp/DE/two']],
    ['country=DE not (kind=isp or kind=country)', ['city/Berlin']],
    ['(host=chat-1 or host=eu-1) and not host=eu-*', ['host/chat-1']],
    ['host=chat-1 or kind=isp isp=two', ['isp/DE/two', 'host/chat-1']],
    ['within 500 km of 52.5,13.4 and not kind=city', ['aws/eu-central-1']],
    ['path from EU to Asia', ['path/asia-europe', 'cable/red-sea']],
    ['path from asia to Europe', ['path/asia-europe', 'cable/red-sea']],
    ['path from africa to asia or host=eu-1', ['host/eu-1']],
  ];
  it.each(meanings)('%s', (text, expected) => {
    if (expected[0] === 'error') expect(ids(text)[0]).toMatch(/^error/);
    else expect(ids(text)).toEqual(expected);
  });

  it('"*" means everything', () => {
    expect(ids('*')).toHaveLength(components.length);
  });

  const mistakes: readonly [string, number, RegExp][] = [
    ['', 0, /expected key=value/],
    ['provider=aws,', 13, /expected key=value/],
    ['provider=aws or or host=x', 16, /expected key=value/],
    ['provider', 0, /expected key=value, found "provider"/],
    ['provider=aws region', 13, /found "region"/],
    ['provider=', 9, /has no value/],
    ['host="chat', 5, /quote is not closed/],
    ['within many km of 1,2', 7, /within <number> km/],
    ['within 5 miles of 1,2', 9, /within <number> km/],
    ['within 5 km of 95,2', 15, /within <number> km/],
    ['kind=isp Host=x', 9, /keys are lower-case/],
    ['(host=x', 0, /"\(" that is not closed/],
    ['host=x)', 6, /"\)" without its "\("/],
    ['not', 3, /expected key=value/],
    ['host=x and or host=y', 11, /expected key=value/],
    ['path from Erope to asia', 10, /did you mean europe/],
    ['path to asia', 5, /path from <continent>/],
  ];
  it.each(mistakes)('refuses "%s" at character %i', (text, position, message) => {
    const parsed = parseSelector(text);
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.detail).toMatch(message);
    expect(parsed.position).toBe(position);
  });

  const misses: readonly [string, RegExp][] = [
    ['provider=amz', /provider=aws/],
    ['region=us-eats-1', /region=us-east-1/],
    ['id=aws/us-east-1/nbl', /id=aws\/us-east-1\/nlb/],
    ['hots=chat-1', /host=chat-1/],
    ['country=ZZZZZZZ', /matches nothing$/],
    ['provider=aws country=DE', /matches nothing$/],
  ];
  it.each(misses)('%s matches nothing, and says what is near', (text, expected) => {
    const found = select(text, components);
    expect(found.ok).toBe(false);
    if (!found.ok) expect(found.detail).toMatch(expected);
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        expect(typeof parseSelector(text).ok).toBe('boolean');
      }),
    );
  });
});

describe('edit distance', () => {
  it('is a metric where it matters', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
        const distance = editDistance(left, right);
        expect(distance).toBe(editDistance(right, left));
        expect(distance === 0).toBe(left === right);
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
        for (const limit of [0, 1, 3])
          expect(Math.min(editDistance(left, right, limit), limit + 1)).toBe(Math.min(distance, limit + 1));
      }),
    );
    expect(editDistance('eats', 'east')).toBe(1);
  });
});
