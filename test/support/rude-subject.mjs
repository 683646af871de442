// A subject that never answers well: it crashes, hangs, or says the same whatever it is asked.
import { createInterface } from 'node:readline';

const [, , how] = process.argv;
for await (const _line of createInterface({ input: process.stdin })) {
  if (how === 'crashes') process.exit(3);
  if (how !== 'hangs') process.stdout.write(`${how}\n`);
}
