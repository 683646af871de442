#!/usr/bin/env node
// The `netsplit` command. In a clone it first compiles what is missing or older than its source; installed from a
// package it finds dist/ ready made.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'dist', 'cli', 'main.js');
const stamp = join(root, 'dist', 'dashboard', 'index.html');
/** What the compiler remembers of its output. Without it, what is there may be part of another build. */
const compiled = join(root, 'dist', '.tsbuildinfo');

/** Held by the process that compiles. */
const lock = join(root, 'node_modules', '.cache', 'netsplit-build.lock');

/** Newest modification time of the sources below `folder`. */
function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (/\.(ts|html|css)$/.test(entry.name)) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

function needsBuild() {
  if (!existsSync(join(root, 'tsconfig.build.json'))) return false; // an installed package
  if (![main, stamp, compiled].every((path) => existsSync(path))) return true;
  const built = statSync(stamp).mtimeMs;
  return ['protocol', 'sim', 'scenarios', 'reports', 'cli'].some(
    (folder) => newest(join(root, folder)) > built,
  );
}

/** Whether the process that made this file is gone. A file just made may not have its number yet. */
function abandoned(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    return holder > 0 && !process.kill(holder, 0);
  } catch (error) {
    return error.code === 'ESRCH'; // EPERM: somebody else's; ENOENT: just released
  }
}

/** Two compilers at once would leave a mixture: the second process waits, and finds the work done. */
function alone(work) {
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (abandoned(lock)) rmSync(lock, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Compiles; whether that was done. */
function build() {
  if (!needsBuild()) return true;
  process.stderr.write('netsplit: compiling (once)\n');
  const tool = (path, ...args) =>
    spawnSync(process.execPath, [join(root, 'node_modules', path), ...args], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    }).status === 0;
  return (
    tool('typescript/bin/tsc', '-p', 'tsconfig.build.json') &&
    tool('vite/bin/vite.js', 'build', '--config', 'reports/dashboard/vite.config.ts', '--logLevel', 'warn')
  );
}

if (needsBuild() && !alone(build)) {
  process.stderr.write('netsplit: compiling failed; run `npm ci` and try again\n');
  process.exit(2);
}
await import(pathToFileURL(main).href);
