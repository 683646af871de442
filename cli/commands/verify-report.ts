// `netsplit verify report.html`: every figure of a report computed again.
import { readFile } from 'node:fs/promises';
import pc from 'picocolors';
import { verifyReport } from '../../reports/documents/verify-report.ts';
import { StoreError, systemErrorInWords } from '../../reports/store.ts';
import { exitCode } from '../exit.ts';
import { printableLine } from '../printable.ts';
import { ProgressLine } from '../progress.ts';

/** Verifies a report's file; returns the exit code. */
export async function verifyReportFile(file: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new StoreError(`${file}: ${systemErrorInWords(error)}`);
  }
  const progress = new ProgressLine();
  try {
    const { identical, words } = await verifyReport(file, text, ({ system, variant, now, horizon }) =>
      progress.update({ label: `${system} ${variant}`, share: now / horizon }),
    );
    progress.end();
    process.stdout.write(
      `${identical ? pc.green('identical') : pc.red('different')} ${printableLine(words)}\n`,
    );
    return identical ? exitCode.good : exitCode.checkFailed;
  } finally {
    progress.end();
  }
}
