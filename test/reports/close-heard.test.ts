// A result that comes another way may overtake what a thread said of its progress: nothing of that is lost.
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { closeHeard } from '../../reports/close-heard.ts';

it('what was sent before a port closes is heard, in order, and nothing twice', async () => {
  const { port1, port2 } = new MessageChannel();
  const heard: string[] = [];
  port1.on('message', (word: string) => heard.push(word));
  for (const word of ['begun', 'half', 'whole']) port2.postMessage(word);
  const closed = new Promise((resolve) => port1.once('close', resolve));
  closeHeard(port1, (word: string) => heard.push(word));
  expect(heard).toEqual(['begun', 'half', 'whole']);
  await closed;
  expect(heard).toHaveLength(3);
});
