// A real Redis on a free port of this machine, for tests; where none is installed they say so and are left out.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Debian's `redis-server`, or what the variable names. */
const program = process.env['NETSPLIT_REDIS_SERVER'] ?? 'redis-server';

/** Whether there is one; says loudly when not. */
export function redisInstalled(): boolean {
  const installed = spawnSync(program, ['--version']).status === 0;
  if (!installed)
    process.stderr.write(
      '\nNOT TESTED: queues over Redis, because there is no redis-server here (apt-get install redis-server)\n\n',
    );
  return installed;
}

/** A Redis that keeps nothing on disk. */
export interface RedisServer {
  readonly url: string;
  /** Kills it and starts an empty one at the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one; resolves when it answers. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  let child = await launch(port);
  return {
    url: `redis://127.0.0.1:${port}`,
    async restart() {
      await kill(child);
      child = await launch(port);
    },
    stop: () => kill(child),
  };
}

async function launch(port: number): Promise<ChildProcess> {
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program, options, { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('Ready to accept connections')) resolve();
    });
    child.on('exit', () => reject(new Error('redis-server ended before it was ready')));
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
