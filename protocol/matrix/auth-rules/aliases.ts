// Rule 4 of versions 1 to 5: `m.room.aliases`. https://spec.matrix.org/v1.16/rooms/v1/#authorization-rules
import { accept, reject, type Outcome } from '../../outcome.ts';
import type { MatrixEvent } from '../event.ts';
import { serverNameOf } from '../ids.ts';

/** A server may list the aliases that it gives itself, whoever of its users sends the event. */
export function checkAliases(event: MatrixEvent): Outcome<MatrixEvent> {
  const { stateKey, sender } = event;
  if (stateKey === undefined) return reject('aliases.no-state-key', 'm.room.aliases without state_key'); // 4.1
  if (serverNameOf(sender) !== stateKey) return reject('aliases.other-server', 'aliases of another server'); // 4.2
  return accept(event);
}
