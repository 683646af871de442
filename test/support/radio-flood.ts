// A bench of the radio: 10,000 phones in a city, about five neighbours each, and rumours that flood through all of them.
// Run it with
//   npx tsx test/support/radio-flood.ts
import { minutes, seconds, type Instant } from '../../protocol/time.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { Person } from '../../sim/workload/workload.ts';
import { createAddressedDraw } from '../../sim/random/addressed.ts';
import { floodReceptions, floodSystem } from './flood.ts';
import { planOf, workloadOf } from './worlds.ts';

const phones = 10_000;
const rumours = 50;
/** Square metres per phone so that a disc of 30 m holds five others. */
const squareMetresEach = (Math.PI * 30 * 30) / 5;
const side = Math.sqrt(phones * squareMetresEach);
const horizon = minutes(15);
const floodAt = minutes(10);

const draw = createAddressedDraw('bench');
const workload = workloadOf({
  people: phones,
  conversations: [[0, 1]],
  messages: Array.from({ length: rumours }, (_, index) => ({
    sender: 0,
    at: seconds(600 + index / 100),
  })),
  devices: Object.fromEntries(
    Array.from({ length: phones }, (_, id) => [
      id,
      {
        meshOpen: [
          { start: Math.floor(draw('open', id) * 1e6) as Instant, end: horizon as number as Instant },
        ],
      },
    ]),
  ),
  horizon,
});
const people = workload.people.map((person, id): Person => {
  const place = { x: draw('x', id) * side, y: draw('y', id) * side };
  return { ...person, stays: person.stays.map((stay) => ({ ...stay, from: place, to: place })) };
});

const plan = planOf(
  floodSystem,
  { ...workload, people },
  {
    limits: { events: 100_000_000, eventsPerInstant: 1_000_000 },
    parameters: new Map([['radioRangeMetres', 30]]),
  },
);
/** Processor seconds: other work on the machine does not count. */
const since = (start: NodeJS.CpuUsage): number => process.cpuUsage(start).user / 1e6;
const simulation = createSimulation(plan, { record: () => undefined });
const start = process.cpuUsage();
simulation.runUntil((floodAt - 1) as Instant);
console.log(
  `${phones} phones find their neighbours in ${since(start).toFixed(2)} s (${simulation.events} events)`,
);
const events = simulation.events;
const before = floodReceptions();
const flood = process.cpuUsage();
simulation.runUntil((horizon - 1) as Instant);
const received = floodReceptions() - before;
const took = since(flood);
console.log(`${received} receptions, ${simulation.events - events} events in ${took.toFixed(2)} s:`);
console.log(`${(received / took / 1e6).toFixed(2)} million receptions per second`);
console.log(`${Math.round(process.memoryUsage().rss / 1_048_576)} MiB`);
