// Run folders: written whole or not at all, read with clear complaints. `latest.json` names the newest.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { compareCodePoints } from '../protocol/order.ts';
import type { ScenarioText } from '../scenarios/compile.ts';
import { dataFilesOf } from '../scenarios/data-files.ts';
import {
  chargesFile,
  countsFile,
  loadFile,
  messagesFile,
  tasksFile,
  trafficFile,
} from './account-columns.ts';
import { fatesFile, incidentsFile, seriesFile, spansFile } from './columns.ts';
import { disputesFile, refusedFile } from './dispute-columns.ts';
import { recordVersion, runRecordSchema, type RunRecord } from './record.ts';
import type { FinishedRun } from './runner.ts';
import { placesFile, placesText } from './places.ts';

/** A run folder cannot be read or written; the message says which, and what was expected. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** A folder of the store: a run, or what keeps it from being one. */
export type StoredRun =
  | { readonly id: string; readonly path: string; readonly record: RunRecord }
  | { readonly id: string; readonly path: string; readonly problem: string };

const files = {
  record: 'run.json',
  scenario: 'scenario.yaml',
  fates: 'fates.parquet',
  spans: 'spans.parquet',
  series: 'series.parquet',
  incidents: 'incidents.parquet',
  places: placesFile,
  messages: 'messages.parquet',
  charges: 'charges.parquet',
  traffic: 'traffic.parquet',
  load: 'load.parquet',
  tasks: 'tasks.parquet',
  counts: 'counts.parquet',
  disputes: 'disputes.parquet',
  refused: 'refused.parquet',
  resendNever: 'resend-never.parquet',
  resendAlways: 'resend-always.parquet',
  latest: 'latest.json',
} as const;

/** Folders that are being written begin with a dot and are no runs. */
const hidden = /^\./;
const digestLength = 8;

/** The name of a run's folder: scenario, seed and the digest's beginning; legal on every file system. */
export function runId({ scenario, seed, digest }: Pick<RunRecord, 'scenario' | 'seed' | 'digest'>): string {
  return `${scenario}-${seed}-${digest.slice(0, digestLength)}`;
}

/** `summary`: the record alone; `fates`: also a row per expected delivery and the spans of the late and lost ones. */
export type RecordLevel = 'summary' | 'fates';

/**
 * Makes the store and finds out whether it can be written to, before hours of work are to go there.
 * @throws StoreError when the file system refuses
 */
export async function openStore(store: string): Promise<void> {
  const path = resolve(store);
  const probe = join(path, `.probe-${randomBytes(4).toString('hex')}`);
  await unlessRefused(`to ${path}`, async () => {
    await makeFolder(path);
    await writeFile(probe, '');
    await rm(probe);
  });
}

/** Folders one by one from the top: `mkdir` of Node 20 with `recursive` never ends on file systems that make no folders (/proc). */
export async function makeFolder(path: string): Promise<void> {
  if (existsSync(path)) {
    await readdir(path); // a file complains
    return;
  }
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    if (!existsSync(path)) throw error; // somebody else may have made it meanwhile
  }
}

/**
 * Writes a run into the store. The same run again replaces the folder. A kill leaves at most a hidden folder.
 * @returns the run's id and folder
 * @throws StoreError when the file system refuses
 */
export async function saveRun(
  store: string,
  run: FinishedRun,
): Promise<{ readonly id: string; readonly path: string }> {
  const id = runId(run.record);
  const path = join(resolve(store), id);
  await writeRunFolder(path, run, { level: 'fates' });
  await unlessRefused(`the run to ${path}`, () =>
    writeAtomically(join(resolve(store), files.latest), `${JSON.stringify({ run: id })}\n`),
  );
  return { id, path };
}

interface RunFolderOptions {
  readonly level: RecordLevel;
  /** Further files of the folder, by name. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Writes more files into the folder before it takes its place. */
  readonly more?: (folder: string) => Promise<void>;
}

/**
 * Writes one run folder, whole or not at all, over one that is there.
 * @throws StoreError when the file system refuses
 */
export async function writeRunFolder(
  path: string,
  { record, evidence, scenario, resend }: FinishedRun,
  { level, beside = {}, more }: RunFolderOptions,
): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}-${randomBytes(4).toString('hex')}`);
  await unlessRefused(`the run to ${path}`, async () => {
    try {
      await makeFolder(partial);
      await writeFile(join(partial, files.scenario), scenario.text);
      for (const { name, path: source } of dataFilesOf(scenario)) {
        await makeFolder(dirname(join(partial, name)));
        await copyFile(source, join(partial, name));
      }
      if (level === 'fates') {
        await writeFile(join(partial, files.fates), fatesFile(evidence));
        await writeFile(join(partial, files.spans), spansFile(evidence));
        await writeFile(join(partial, files.series), seriesFile(record));
        await writeFile(join(partial, files.incidents), incidentsFile(evidence));
        await writeFile(join(partial, files.places), placesText(evidence));
        await writeFile(join(partial, files.messages), messagesFile(evidence));
        await writeFile(join(partial, files.charges), chargesFile(evidence));
        await writeFile(join(partial, files.traffic), trafficFile(evidence));
        await writeFile(join(partial, files.load), loadFile(evidence));
        await writeFile(join(partial, files.tasks), tasksFile(evidence));
        await writeFile(join(partial, files.counts), countsFile(evidence));
        await writeFile(join(partial, files.disputes), disputesFile(evidence));
        await writeFile(join(partial, files.refused), refusedFile(evidence));
        if (resend !== undefined) {
          await writeFile(join(partial, files.resendNever), fatesFile(resend.never));
          await writeFile(join(partial, files.resendAlways), fatesFile(resend.always));
        }
      }
      await more?.(partial);
      for (const [name, text] of Object.entries(beside)) await writeFile(join(partial, name), text);
      await writeFile(join(partial, files.record), `${JSON.stringify(record, null, 1)}\n`);
      await replaceFolder(partial, path);
    } catch (error) {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined); // the first complaint is the one to tell
      throw error;
    }
  });
}

/** Writes, or tells what the file system has against it. */
export async function unlessRefused(what: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const noPlace = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new StoreError(
      `cannot write ${what}: ${noPlace ? 'no folder can be made there' : systemErrorInWords(error)}`,
    );
  }
}

/** Puts a finished folder where another may stand. */
export async function replaceFolder(from: string, to: string): Promise<void> {
  if (!existsSync(to)) return rename(from, to);
  const old = `${from}-old`;
  await rename(to, old);
  await rename(from, to);
  await rm(old, { recursive: true, force: true });
}

/** Writes a file whole or not at all. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}

/** What a system error means, without its numbers. */
export function systemErrorInWords(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOSPC':
      return 'no space left on the disk';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission';
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'expected a file, found a folder';
    case 'ENOTDIR':
    case 'EEXIST':
      return 'expected a folder on the way, found a file';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/**
 * The record in a run folder.
 * @throws StoreError naming the file and what is wrong with it
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const { path, value } = await readJsonRecord(folder);
  const checked = runRecordSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the record' : issue.path.join('.');
  throw new StoreError(`${path}: ${where}: ${issue?.message ?? 'not a run record'}`);
}

/**
 * Whether a run folder's record is JSON of a version that is understood; much quicker than reading it.
 * @throws StoreError when not
 */
export async function checkRecordVersion(folder: string): Promise<void> {
  await readJsonRecord(folder);
}

async function readJsonRecord(folder: string): Promise<{ readonly path: string; readonly value: unknown }> {
  const path = join(folder, files.record);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new StoreError(`${path}: ${systemErrorInWords(error)}; expected a run folder written by netsplit`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StoreError(`${path}: expected JSON; the file is damaged`);
  }
  const { version } = z.object({ version: z.unknown() }).catch({ version: undefined }).parse(value);
  if (typeof version === 'number' && version > recordVersion)
    throw new StoreError(
      `${path}: written by a later netsplit (record version ${version}; this one reads up to ${recordVersion})`,
    );
  return { path, value };
}

/** A run as its command made it: enough to run it again. */
export interface Reproduction {
  readonly record: RunRecord;
  readonly scenario: ScenarioText;
  readonly systems: readonly string[];
}

/**
 * What it takes to run the run of a folder again.
 * @throws StoreError
 */
export async function readReproduction(folder: string): Promise<Reproduction> {
  const record = await readRecord(folder);
  const file = join(folder, files.scenario);
  try {
    const text = await readFile(file, 'utf8');
    return {
      record,
      scenario: { text, file, overrides: record.overrides },
      systems: Object.keys(record.systems),
    };
  } catch (error) {
    throw new StoreError(`${file}: ${systemErrorInWords(error)}`);
  }
}

/** Whether a path is a run folder. */
export function isRunFolder(path: string): boolean {
  return existsSync(join(path, files.record));
}

/** Every folder of the store, newest run first, damaged ones last. An absent store is empty. */
export async function listRuns(store: string): Promise<readonly StoredRun[]> {
  const root = resolve(store);
  if (!existsSync(root)) return [];
  const entries = await readdir(root, { withFileTypes: true });
  const runs = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !hidden.test(entry.name))
      .map((entry) => readStored(root, entry.name)),
  );
  return runs.sort((left, right) => compareCodePoints(newestFirst(right), newestFirst(left)));
}

function newestFirst(run: StoredRun): string {
  return 'record' in run ? `1 ${run.record.recordedAt} ${run.id}` : `0 ${run.id}`;
}

async function readStored(root: string, id: string): Promise<StoredRun> {
  const path = join(root, id);
  try {
    return { id, path, record: await readRecord(path) };
  } catch (error) {
    if (error instanceof StoreError) return { id, path, problem: error.message };
    throw error;
  }
}

/**
 * Where the run with this id is kept, if it is. An id is a single name without dots: it leads nowhere else.
 * @throws StoreError when it cannot be the name of a run
 */
export function runFolder(store: string, id: string): string {
  if (!/^[\w-]+$/.test(id)) throw new StoreError(`"${id}" is not the name of a run`);
  return join(resolve(store), id);
}

/**
 * One run of the store by its id.
 * @throws StoreError when there is none, or it cannot be read
 */
export async function readRun(store: string, id: string): Promise<RunRecord> {
  return readRecord(runFolder(store, id));
}
