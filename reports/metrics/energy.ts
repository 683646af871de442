// Energy of radios and modems, from air time, scanning and bytes: a lower bound that says which system works a phone more.
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
    path: 'energy.radioListenWatts',
    value: 0.1,
    unit: 'W',
    meaning:
      'power of a phone’s Bluetooth radio while it listens, beyond idle; a bare radio (TI CC2541) takes 17.9 mA, 54 mW at 3 V; ' +
      'a whole phone that works on every advertisement takes more: a Nexus 5 (2,300 mAh) lost 25 % in 152 min of scanning without pause ' +
      'and 13 % in 134 min of scanning a tenth of the time (D. Young, Radius Networks, 28 October 2014), which makes 0.4 W',
    range: [0.05, 0.4],
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

const [sendWatts, listenWatts, internetMicrojoules] = energyAssumptions;

function figures({ traffic, deliveredAt }: Fates): EnergyFigures {
  const airSeconds = traffic.radioAirMicroseconds / 1e6;
  const scanJoules = (traffic.radioScanMicroseconds / 1e6) * listenWatts.value;
  const radioJoules = airSeconds * (sendWatts.value + listenWatts.value) + scanJoules;
  const internetJoules = (traffic.internetBytes * internetMicrojoules.value) / 1e6;
  let delivered = 0;
  for (const at of deliveredAt) if (!Number.isNaN(at)) delivered++;
  const perDeliveryJoules = delivered === 0 ? null : (radioJoules + internetJoules) / delivered;
  return { radioJoules, scanJoules, internetJoules, perDeliveryJoules };
}

/** Joules for what was sent, received and looked for. */
export const energy: Metric<{ run: EnergyFigures; twin: EnergyFigures }> = {
  id: 'energy',
  title: 'Energy of radios and modems',
  unit: 'J',
  definition:
    'Air time of radios times the power of sending and, at the other end, of listening; the time for which radios look for others times ' +
    'the power of listening; and bytes on the Internet times the energy per byte of a mobile modem; over the whole run; per ' +
    'delivery that came. The factors are assumptions that the report lists.',
  caveats: [
    'A lower bound: base power and tails of modems, screens and servers are left out, and they are most of what a battery gives.',
    'Radios look for others as long as the application is open, whether anybody writes or not: a quiet mesh spends most per delivery.',
    'Fit to rank systems by how much they work radios and modems, not to predict battery life.',
  ],
  compute: ({ run, twin }) => ({ run: figures(run.fates), twin: figures(twin.fates) }),
};
