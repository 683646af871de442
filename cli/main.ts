// The process behind `netsplit`.
import { commandLine } from './command-line.ts';
import { exitCode } from './exit.ts';

// Whoever reads the output may have seen enough: `netsplit resolve room.json | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? exitCode.good);
});

await commandLine(process.argv.slice(2));
