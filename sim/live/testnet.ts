// The DHT of a live run: a few nodes on loopback, started and ended with it. Nobody outside this machine is ever asked.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { LiveUnavailable, loadTestnet } from './packages.ts';
import { loopback } from './swarm.ts';

/** Nodes of the DHT itself: enough for three relays per announcement and one that fails. */
const testnetSize = 4;

/** A local DHT. */
export interface RunningTestnet {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
}

/**
 * Starts it; `port` is its first node's, a free one when left out.
 * @throws LiveUnavailable when the packages, the port or loopback are not to be had
 */
export async function startTestnet(port: number | undefined): Promise<RunningTestnet> {
  const createTestnet = await loadTestnet();
  await canBind(port ?? 0);
  const testnet = await createTestnet(testnetSize, {
    host: loopback,
    ...(port === undefined ? {} : { port }),
  });
  const { bootstrap } = testnet;
  const bound = bootstrap[0]?.port;
  if (port !== undefined && bound !== port) {
    await testnet.destroy();
    throw new LiveUnavailable(portTaken(port));
  }
  return { bootstrap, stop: () => testnet.destroy() };
}

/** hyperdht takes another port when it cannot have the one it was given, and says nothing. */
async function canBind(port: number): Promise<void> {
  const socket: Socket = createSocket('udp4');
  try {
    socket.bind(port, loopback);
    await once(socket, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new LiveUnavailable(portTaken(port));
    if (code === 'EACCES')
      throw new LiveUnavailable(`live runs cannot have UDP port ${port} on ${loopback}: permission denied`);
    throw new LiveUnavailable(
      `live runs need a loopback interface with ${loopback}, and there is none: ${message}`,
    );
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

function portTaken(port: number): string {
  return `UDP port ${port} on ${loopback} is taken: give another one with --port, or leave it out for a free one`;
}
