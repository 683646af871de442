// Everything that people hand to netsplit as text, mangled: it is read, or refused in a sentence with file and line. It
// never ends in another exception, in a hang, or in a message that says nothing. \`npm run soak\` tries a hundred times as many.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { readEvent } from '../../protocol/matrix/event-format.ts';
import { isJsonObject, parseJsonText } from '../../protocol/matrix/canonical-json.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { parseObserved } from '../../reports/comparison/observed-series.ts';
import { readRecord, saveRun, StoreError } from '../../reports/store.ts';
import { readCase } from '../../scenarios/cases/case-file.ts';
import { loadCatalogue } from '../../scenarios/catalogue.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { contactTraceOf } from '../../scenarios/contact-trace.ts';
import { readMessageList } from '../../scenarios/message-list.ts';
import { readPositionTrace } from '../../scenarios/position-trace.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { readRoomStateFile } from '../../scenarios/room-state-file.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { readStoredStates } from '../../scenarios/stored-state-file.ts';
import { importWorld } from '../../scenarios/world-import.ts';
import { parseSelector } from '../../sim/infrastructure/selector-syntax.ts';
import { mangledText } from '../support/mangled.ts';
import { fc, property } from '../support/property.ts';
import { plantedRun } from '../support/planted-run.ts';

const isSoak = process.env['MODE'] === 'soak';
const numRuns = isSoak ? 5_000 : 50;

const root = new URL('../../', import.meta.url);
const bytesOf = (path: string): Uint8Array => {
  const bytes = readFileSync(new URL(path, root));
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};
const textOf = (path: string): string => Buffer.from(bytesOf(path)).toString('utf8');
const linesOf = (path: string, count: number): string => textOf(path).split('\n').slice(0, count).join('\n');

const folder = mkdtempSync(join(tmpdir(), 'netsplit-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const catalogue = loadCatalogue();
const slice = readRoomFile(textOf('examples/room-slice.ndjson'), 'room-slice.ndjson', {
  versionElsewhere: '11',
});
const trace = contactTraceOf(bytesOf('test/vectors/the-one/contacts.gz'), 'contacts');
const observed = { file: 'observed.csv', epochMs: Date.parse('2025-10-20T00:00Z'), column: undefined };

/** A file of this text, for what reads files. */
function fileOf(text: string): string {
  const file = join(folder, 'input');
  writeFileSync(file, text);
  return file;
}

interface Reader {
  readonly samples: readonly string[];
  readonly read: (text: string) => unknown;
}

const readers: Readonly<Record<string, Reader>> = {
  'a scenario': {
    samples: ['small-town', 'ban-evasion', 'festival', 'websites-gone'].map((name) =>
      textOf(`scenarios/library/${name}.yaml`),
    ),
    read: (text) => compileScenario({ text, file: 'scenario.yaml' }),
  },
  'a case of the search': {
    samples: ['synapse-1953', 'synapse-8629'].map((name) => textOf(`cases/reported/${name}.yaml`)),
    read: (text) => readCase(text, 'case.yaml'),
  },
  'a room': {
    samples: [
      textOf('examples/state-reset.ndjson'),
      textOf('examples/room-slice.ndjson'),
      textOf('test/vectors/matrix/sample-033-v12-s1330.json.gz'),
    ],
    read: (text) => readRoomFile(text, 'room.json', { versionElsewhere: '11' }),
  },
  'states of a room': {
    samples: [textOf('examples/room-slice-state.json')],
    read: (text) => readRoomStateFile(text, 'state.json'),
  },
  'states as a server stores them': {
    samples: [textOf('examples/room-slice-stored.csv')],
    read: (text) => readStoredStates(text, slice, 'stored.csv'),
  },
  'a contact trace': {
    samples: [
      linesOf('test/vectors/the-one/contacts.gz', 60),
      linesOf('scenarios/datasets/campus.contacts.gz', 60),
      '20 1 2\n40 1 2\n40 2 3\n60 1 3\n',
    ],
    read: (text) => contactTraceOf(Buffer.from(text), 'contacts'),
  },
  positions: {
    samples: ['seconds,node,x,y\n0,a,0,0\n10,a,5,5\n10,b,1e3,-4\n20,a,0.5,7\n'],
    read: (text) => readPositionTrace(fileOf(text)),
  },
  'a list of messages': {
    samples: [linesOf('test/vectors/the-one/ideal.messages.gz', 40)],
    read: (text) => readMessageList(fileOf(text), trace),
  },
  'a world of servers': {
    samples: [textOf('examples/servers.csv')],
    read: (text) => {
      const people = { text: textOf('examples/people.csv'), file: 'people.csv' };
      return importWorld(
        { servers: { text, file: 'servers.csv' }, people, name: 'mine', count: 20 },
        catalogue,
      );
    },
  },
  'a world of people': {
    samples: [textOf('examples/people.csv')],
    read: (text) => {
      const servers = { text: textOf('examples/servers.csv'), file: 'servers.csv' };
      return importWorld(
        { people: { text, file: 'people.csv' }, servers, name: 'mine', count: 20 },
        catalogue,
      );
    },
  },
  'what somebody observed': {
    samples: [
      'time,share\n2025-10-20T07:48Z,0.31\n2025-10-20T07:49Z,0.5\n',
      'time;value\n2025-10-20T07:48:00Z;0,31\n"2025-10-20T07:49:00Z";"0,5"\n',
    ],
    read: (text) => parseObserved(text, { ...observed, isShare: true }),
  },
};

describe('whatever is done to the text', () => {
  for (const [what, { samples, read }] of Object.entries(readers))
    property([mangledText(samples)], { numRuns })(
      `${what} is read, or refused with the line`,
      async (text) => {
        try {
          await read(text);
        } catch (error) {
          if (!(error instanceof ScenarioError || error instanceof StoreError)) throw error;
          expect(error.message).toMatch(/^[a-z/][^\n]*?(:\d+)*: \S/i);
          expect(error.message).not.toMatch(/, received |\[object Object\]/);
        }
      },
    );

  property([mangledText(['kind=server provider=aws and not (id=aws/* or region="us-east-1")'])], {
    numRuns: numRuns * 4,
  })('a selector is read, or refused with the place', (text) => {
    const read = parseSelector(text);
    expect(read.ok || read.position <= text.length).toBe(true);
  });

  const pdus = readRoomFile(
    textOf('test/vectors/matrix/sample-033-v12-s1330.json.gz'),
    'room.json',
  ).events.map(({ pdu }) => JSON.stringify(pdu));
  property([mangledText(pdus), fc.constantFrom(...specifiedRoomVersions.ids())], { numRuns: numRuns * 4 })(
    'an event from another server is taken or refused by a named rule',
    (text, version) => {
      const json = parseJsonText(text, true);
      if (!json.ok) {
        expect(json.rule).toMatch(/^[a-z-]+\.[a-z-]+/);
        return;
      }
      const { value } = json;
      if (!isJsonObject(value)) return;
      const event = readEvent(value, present(specifiedRoomVersions.get(version), version));
      if (!event.ok) expect(event.rule).toMatch(/^[a-z-]+\.[a-z-]+/);
    },
  );
});

const { id } = await saveRun(folder, plantedRun());
const run = join(folder, id);
const record = readFileSync(join(run, 'run.json'), 'utf8');
property([mangledText([record])], { numRuns })(
  'a run folder is read, or said to be damaged',
  async (text) => {
    writeFileSync(join(run, 'run.json'), text);
    try {
      await readRecord(run);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      expect(error.message).toContain('run.json');
    }
  },
);
