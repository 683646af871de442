// Ports over which a thread tells how it gets on, while its result goes another way.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

/** Hears what was sent through a port before a result that overtook it, and closes the port. */
export function closeHeard<Message>(port: MessagePort, hear: (message: Message) => void): void {
  for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
    hear((left as { readonly message: Message }).message);
  port.close();
}
