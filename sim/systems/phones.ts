// What systems of one operator ask about people's devices when a run begins.
import { epoch, type Instant } from '../../protocol/time.ts';
import type { Person } from '../workload/workload.ts';

/** Whether the phone is online and its application open when the run begins. */
export function isOpenAtStart({ device }: Person): boolean {
  const covers = ({ start, end }: { start: Instant; end: Instant }): boolean => start <= epoch && epoch < end;
  return device.foreground.some(covers) && !device.offline.some(covers);
}
