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
  await loopbackCarries(port ?? 0);
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

/** What a datagram to oneself may take, milliseconds: it is there in less than one, on a machine that does nothing else. */
const loopbackPatience = 5_000;

/**
 * hyperdht takes another port when it cannot have the one it was given, and waits for ever where nothing arrives. An interface
 * that is there and down lets itself be bound, so that a datagram has to make the way.
 */
async function loopbackCarries(port: number): Promise<void> {
  const socket: Socket = createSocket('udp4');
  const none = (why: string): LiveUnavailable =>
    new LiveUnavailable(`live runs need a loopback interface with ${loopback}, and there is none: ${why}`);
  try {
    socket.bind(port, loopback);
    await once(socket, 'listening');
    const arrived = once(socket, 'message', { signal: AbortSignal.timeout(loopbackPatience) });
    arrived.catch(() => undefined);
    const { port: own } = socket.address();
    await new Promise<void>((resolve, reject) => {
      socket.send('netsplit', own, loopback, (error) => (error === null ? resolve() : reject(error)));
    });
    await arrived;
  } catch (error) {
    const { code, message, name } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new LiveUnavailable(portTaken(port));
    if (code === 'EACCES')
      throw new LiveUnavailable(`live runs cannot have UDP port ${port} on ${loopback}: permission denied`);
    throw none(name === 'AbortError' ? 'a datagram to oneself does not arrive' : message);
  } finally {
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  }
}

function portTaken(port: number): string {
  return `UDP port ${port} on ${loopback} is taken: give another one with --port, or leave it out for a free one`;
}
