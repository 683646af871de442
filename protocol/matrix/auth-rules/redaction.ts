// Rule 11 of versions 1 and 2: who may redact. Later versions ask when the redaction is applied.
import { accept, reject, type Outcome } from '../../outcome.ts';
import type { MatrixEvent } from '../event.ts';
import { serverNameOf } from '../ids.ts';
import type { PowerLevels } from '../power-levels.ts';

/**
 * Rules of `m.room.redaction` where redactions are authorised on receipt. One that names no event redacts nothing:
 * deployed servers allow it, the text has no rule that would.
 */
export function checkRedaction(event: MatrixEvent, level: number, levels: PowerLevels): Outcome<MatrixEvent> {
  if (level >= levels.redact) return accept(event);
  const redacts = event.pdu['redacts'];
  if (typeof redacts !== 'string' && event.rules.reading === 'deployed') return accept(event);
  const sameServer = typeof redacts === 'string' && serverNameOf(redacts) === serverNameOf(event.eventId);
  return sameServer ? accept(event) : reject('redaction.level', 'redacting needs a higher level');
}
