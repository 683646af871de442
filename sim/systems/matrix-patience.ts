// Waits and pages of Matrix's clients and servers that no source gives, as the report lists them.
import { clientPages, clientPatience, serverPatience } from '../../protocol/matrix/assumed-patience.ts';
import { inSeconds, type Duration } from '../../protocol/time.ts';
import type { Deployment } from './system.ts';

type Row = readonly [name: string, value: Duration, meaning: string, range: readonly [number, number]];

const rows: readonly Row[] = [
  [
    'clientRequest',
    clientPatience.request,
    'a client waits so long for the answer to a small request',
    [10, 90],
  ],
  ['clientStep', clientPatience.step, 'a client waits so long at each step of a task', [10, 90]],
  ['clientHistory', clientPatience.history, 'a client waits so long for a page of history', [30, 180]],
  ['clientUpload', clientPatience.upload, 'a client waits so long for the end of an upload', [60, 900]],
  [
    'clientBackground',
    clientPatience.background,
    'an application goes on so long after it was closed',
    [5, 180],
  ],
  ['elementWebSend', clientPatience.elementWebSend, 'one attempt of Element Web to send', [60, 300]],
  [
    'fluffyChatSend',
    clientPatience.fluffyChatSend,
    'one attempt of FluffyChat to send, where the system does not end it before',
    [960, 86_400],
  ],
  [
    'genericSend',
    clientPatience.genericSend,
    'one attempt to send of a client whose ways are not known',
    [10, 90],
  ],
  ['genericTries', clientPatience.genericTries, 'how long such a client goes on trying', [60, 604_800]],
  ['serverPush', serverPatience.push, 'a homeserver waits so long for its push gateway', [5, 60]],
  ['gatewayPlatform', serverPatience.platform, 'a push gateway waits so long for a platform', [25, 60]],
  [
    'applicationService',
    serverPatience.applicationService,
    'a homeserver waits so long for an application service',
    [10, 60],
  ],
];

export function listPatience(deployment: Deployment): void {
  for (const [name, value, meaning, range] of rows)
    deployment.assume({
      path: `systems.matrix.patience.${name}`,
      value: inSeconds(value),
      unit: 's',
      meaning,
      range,
    });
  for (const [name, value] of Object.entries(clientPages))
    deployment.assume({
      path: `systems.matrix.pages.${name}`,
      value,
      unit: 'events',
      meaning: 'a client asks for so many events of history at a time',
      range: [20, 50],
    });
}
