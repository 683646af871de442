// The campus of scenarios/datasets/campus.contacts.gz: how that file was made. Run it to make it again:
//   npx tsx test/support/campus.ts > campus.contacts && gzip -9 -n campus.contacts
import { pathToFileURL } from 'node:url';
import { hours, type Instant } from '../../protocol/time.ts';
import { dailyRoutine } from '../../sim/mobility/daily-routine.ts';
import { streetGrid } from '../../sim/mobility/street-map.ts';
import { positionsByModel } from '../../sim/mobility/walk.ts';
import { generateContacts } from '../../sim/radio/contact-generator.ts';

const people = 60;

/** The morning from seven to nine: lines of "<seconds> CONN <a> <b> up|down". */
export function campusLines(): string {
  const model = dailyRoutine({
    midnight: hours(-7),
    map: streetGrid(6, 5, 70),
    offices: [0, 3, 5, 8, 11, 14, 17, 19, 22, 24, 27, 29],
    meetingSpots: [13, 16],
    goesOut: 0.5,
    speed: [0.8, 1.6],
  });
  const { at, left, right, begins } = generateContacts({
    positions: positionsByModel(model, people, 'campus', hours(7)),
    nodes: Array.from({ length: people }, (_, node) => `${node}`),
    range: 15,
    until: hours(2) as number as Instant,
  });
  return Array.from(
    at,
    (instant, row) =>
      `${(instant / 1e6).toFixed(1)} CONN ${left[row]} ${right[row]} ${begins[row] === 1 ? 'up' : 'down'}\n`,
  ).join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(campusLines());
