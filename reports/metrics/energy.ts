// Energy for sending and receiving, from bytes and air time: a lower bound that says which system works its radios more.
import type { Assumption } from '../../sim/world.ts';
import type { Fates } from '../fates.ts';
import type { EnergyFigures } from '../record-system.ts';
import type { Metric } from './metric.ts';

/** What the figures take for granted; listed in every report. */
export const energyAssumptions = [
  {
    path: 'energy.radioWatts',
    value: 0.1,
    unit: 'W',
    meaning:
      'power of a phone’s Bluetooth radio while it sends, beyond idle; a bare radio (TI CC2541, data sheet SWRS110) takes 18.2 mA ' +
      'at 0 dBm, 55 mW at 3 V, and phones send with more',
    range: [0.03, 0.3],
  },
  {
    path: 'energy.internetMicrojoulesPerByte',
    value: 1.96,
    unit: 'µJ/B',
    meaning:
      'energy of a mobile modem per byte beyond its base power: the mean of up (438.39 mW per Mbit/s) and down (51.97), ' +
      'as if every byte crossed one mobile link, as often up as down',
    source:
      'J. Huang et al., “A Close Examination of Performance and Power Characteristics of 4G LTE Networks”, MobiSys 2012, table 4',
    range: [0.42, 3.51],
  },
] as const satisfies readonly Assumption[];

const [radioWatts, internetMicrojoules] = energyAssumptions;

function figures({ traffic, deliveredAt }: Fates): EnergyFigures {
  const radioJoules = (traffic.radioAirMicroseconds / 1e6) * radioWatts.value;
  const internetJoules = (traffic.internetBytes * internetMicrojoules.value) / 1e6;
  let delivered = 0;
  for (const at of deliveredAt) if (!Number.isNaN(at)) delivered++;
  const joules = radioJoules + internetJoules;
  return { radioJoules, internetJoules, perDeliveryJoules: delivered === 0 ? null : joules / delivered };
}

/** Joules for what was sent. */
export const energy: Metric<{ run: EnergyFigures; twin: EnergyFigures }> = {
  id: 'energy',
  title: 'Energy of sending',
  unit: 'J',
  definition:
    'Air time of radios times the power of sending, plus bytes on the Internet times the energy per byte of a mobile modem, ' +
    'over the whole run; per delivery that came. Both factors are assumptions that the report lists.',
  caveats: [
    'A lower bound: base power and tails of modems, scanning and listening of radios, screens and servers are left out, and they are most of what a battery gives.',
    'Fit to rank systems by how much their messages work radios and modems, not to predict battery life.',
  ],
  compute: ({ run, twin }) => ({ run: figures(run.fates), twin: figures(twin.fates) }),
};
