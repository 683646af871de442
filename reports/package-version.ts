// The version of netsplit that made a record.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { packageFile } from '../scenarios/package-file.ts';

const manifest = z.object({ version: z.string() });

/** As the package's manifest has it. */
export function packageVersion(): string {
  return manifest.parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8'))).version;
}
