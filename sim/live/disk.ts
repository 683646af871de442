// A core's storage as a file: every write is appended, and a restart reads them all again.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { StoredState } from '../../protocol/core.ts';
import type { StoredForm } from '../../protocol/stored-form.ts';

const lengthBytes = 4;

/**
 * One core's keys and values. A write is in the operating system's hands when `persist` returns: it survives the death of
 * the process, at whatever instant that comes, though not that of the machine.
 */
export class Disk {
  readonly #path: string;
  readonly #form: StoredForm;
  readonly #values = new Map<string, unknown>();
  #file: number | undefined;

  constructor(path: string, form: StoredForm) {
    this.#path = path;
    this.#form = form;
  }

  /** Whether somebody has written here before, in this process or in one that is gone. */
  get exists(): boolean {
    return existsSync(this.#path);
  }

  /** Reads what is there and makes ready for writing. A write that a death cut short counts as never made. */
  open(): void {
    this.close();
    this.#values.clear();
    mkdirSync(dirname(this.#path), { recursive: true });
    if (this.exists) this.#read();
    this.#file = openSync(this.#path, 'a');
  }

  persist(key: string, value: unknown): void {
    this.#keep(key, value);
    const record = serialize([key, this.#form.toPlain(value)]);
    const bytes = Buffer.alloc(lengthBytes + record.length);
    bytes.writeUInt32BE(record.length, 0);
    bytes.set(record, lengthBytes);
    if (this.#file !== undefined) writeSync(this.#file, bytes);
  }

  /** What a core is rebuilt from. */
  stored(): StoredState {
    return new Map(this.#values);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #read(): void {
    const bytes = readFileSync(this.#path);
    let at = 0;
    while (at + lengthBytes <= bytes.length) {
      const end = at + lengthBytes + bytes.readUInt32BE(at);
      if (end > bytes.length) break;
      const [key, plain] = deserialize(bytes.subarray(at + lengthBytes, end)) as [string, unknown];
      this.#keep(key, this.#form.fromPlain(plain));
      at = end;
    }
    if (at < bytes.length) truncateSync(this.#path, at);
  }

  #keep(key: string, value: unknown): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}
