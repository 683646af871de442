// Bytes on the wire and on the air.
import { inSeconds } from '../../protocol/time.ts';
import type { Fates } from '../fates.ts';
import type { TrafficFigures } from '../record-system.ts';
import type { Metric } from './metric.ts';

function figures({ traffic, deliveredAt }: Fates): TrafficFigures {
  let delivered = 0;
  for (const at of deliveredAt) if (!Number.isNaN(at)) delivered++;
  const total = traffic.internetBytes + traffic.radioBytes;
  return {
    internet: traffic.internetBytes,
    radio: traffic.radioBytes,
    airSeconds: inSeconds(traffic.radioAirMicroseconds),
    scanSeconds: inSeconds(traffic.radioScanMicroseconds),
    perDelivery: delivered === 0 ? null : total / delivered,
  };
}

/** What was sent, by everybody, over the whole run. */
export const traffic: Metric<{ run: TrafficFigures; twin: TrafficFigures }> = {
  id: 'traffic',
  title: 'Bytes on the wire and on the air',
  unit: 'bytes; seconds of sending',
  definition:
    'Bytes that all nodes sent from the epoch to the horizon, over the Internet and by radio, keep-alives and ' +
    'retransmissions included; per delivery of the whole run.',
  caveats: ['Includes the warm-up and the time after the sending window, unlike the delivery figures.'],
  compute: ({ run, twin }) => ({ run: figures(run.fates), twin: figures(twin.fates) }),
};
