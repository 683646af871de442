// What campaigns compare: figures per delivery divide the whole run’s cost by the whole run’s deliveries.
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../reports/campaign/figures.ts';
import { plantedRun } from '../../support/planted-run.ts';

const signal = plantedRun().record.systems['signal']!;
const withAir = (perDelivery: number | null) => ({
  ...signal,
  bytes: { internet: 0, radio: perDelivery === 0 ? 0 : 9_100, airSeconds: 13, perDelivery },
});

describe('air time per delivery', () => {
  it('divides by the deliveries of the whole run, as bytes and energy do, and not by the measured ones', () => {
    expect(signal.delivery.delivered).toBe(60);
    expect(figuresOf(withAir(9_100 / 130))['air-time']).toBe(100);
  });

  it('is nothing where nothing came', () => {
    expect(figuresOf(withAir(null))['air-time']).toBe('nothing');
  });
});

describe('time to recover', () => {
  it('is nothing where nothing was to be delivered', () => {
    const delivery = { ...signal.delivery, sent: 0, expected: 0, delivered: 0 };
    const recovery = { status: 'never-left' as const, seconds: 0 };
    expect(figuresOf({ ...signal, recovery }).recovery).toBe(0);
    expect(figuresOf({ ...signal, recovery, delivery }).recovery).toBe('nothing');
  });
});
