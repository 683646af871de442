// A scenario that is over in seconds of real time, for live runs; and a look at the processes of this machine.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A scenario file in a folder of its own, which is also where its runs keep what is temporary. */
export interface LiveScenario {
  readonly file: string;
  readonly folder: string;
  /** Environment of commands: their temporary folders are made in `temporary`. */
  readonly temporary: string;
  remove(): void;
}

/**
 * Two servers with a person each, who talk across a path that is cut for a while. The cut begins a second after the last word before
 * it, of which simulated machines need a tenth: real ones share their processors with whatever else runs.
 */
export const twoServers = `netsplit: 1
name: two-servers-live
title: Two servers and a cut
description: Two people on two servers write to each other, and cannot for a second and a half.
sources: [{ title: Invented }]
epoch: 2026-01-12T09:00Z
windows: { warmUp: 1500ms, sending: 3s, horizon: 7100ms, shortHorizon: it runs in real time }
people:
  count: 2
  cities: [{ name: berlin, share: 0.5 }, { name: new-york, share: 0.5 }]
world:
  servers:
    - { name: ash.example, site: hetzner/falkenstein, users: 1, usersFrom: { berlin: 1 }, software: dendrite }
    - { name: elm.example, site: aws/us-east-1, users: 1, usersFrom: { new-york: 1 }, software: dendrite }
systems:
  matrix: { bootSeconds: 0.5 }
  matrix-closed: { bootSeconds: 0.5 }
  p2p-matrix:
  signal:
script:
  conversations:
    - { kind: room, members: [0, 1], moderators: [0, 1] }
  messages:
    - { at: 1600ms, by: 0, in: 0 }
    - { at: 2200ms, by: 1, in: 0 }
    - { at: 3700ms, by: 0, in: 0 }
    - { at: 3900ms, by: 1, in: 0 }
  changes:
    - { at: 3400ms, by: 0, in: 0, change: { kind: topic, text: from one side } }
    - { at: 4300ms, by: 1, in: 0, change: { kind: topic, text: from the other } }
faults:
  - id: cut
    title: Nothing gets across
    kind: partition
    target: host=ash.example
    from: host=elm.example
    start: 3200ms
    end: 4700ms
    source: invented
expectations: []
`;

export function liveScenario(text: string): LiveScenario {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-test-live-'));
  const file = join(folder, 'scenario.yaml');
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  writeFileSync(file, text);
  return { file, folder, temporary, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Processes that keep what is temporary in this folder; none where the system does not tell (no `/proc`). */
export function processesIn(
  temporary: string,
): readonly { readonly pid: number; readonly command: string }[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const environment = readFileSync(`/proc/${entry}/environ`, 'utf8').split('\0');
        if (!environment.includes(`TMPDIR=${temporary}`)) return [];
        return [{ pid: Number(entry), command: readFileSync(`/proc/${entry}/cmdline`, 'utf8') }];
      } catch {
        return []; // it ended meanwhile, or is somebody else's
      }
    });
}

/** Whether a live run that keeps what is temporary in this folder has begun: its nodes write to their disks. */
export function hasBegun(temporary: string): boolean {
  return readdirSync(temporary, { recursive: true, withFileTypes: true }).some(
    (entry) => entry.isFile() && statSync(join(entry.parentPath, entry.name)).size > 0,
  );
}
