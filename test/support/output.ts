// What a command prints when it is called as a function.
import { vi } from 'vitest';

/** Standard output of a call, without colours. */
export async function outputOf(call: () => unknown): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    await call();
  } finally {
    spy.mockRestore();
  }
  return text.replace(/\u001B\[\d+m/g, '');
}
