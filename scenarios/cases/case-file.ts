// Case files: YAML that a person can read, checked on the way in, with the place of whatever is wrong.
import { Document, isMap, isSeq, visit } from 'yaml';
import { followingText, specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { resolutionInvariants } from '../search/resolution/invariants.ts';
import type { ResolutionProblem } from '../search/resolution/problem.ts';
import { problemOfDocument } from '../search/resolution/problem-document.ts';
import { didYouMean, ScenarioError, type ScenarioProblem, type TextPosition } from '../scenario-error.ts';
import { readYaml, type YamlSource } from '../yaml-source.ts';
import { caseSchema, caseVersion, type CaseDocument, type CaseExpectation } from './case-schema.ts';

/** A case ready to be replayed. */
export interface Case {
  readonly document: CaseDocument;
  readonly problem: ResolutionProblem;
}

/** The invariant that an expectation is about; undefined where it names the resolved state. */
export function invariantOf(expectation: CaseExpectation): string | undefined {
  if ('violates' in expectation) return expectation.violates;
  return 'holds' in expectation ? expectation.holds : undefined;
}

/**
 * Reads a case.
 * @throws ScenarioError with file, line and what was expected: for a broken file, another version of the form, an unknown
 *   room version, and an invariant that does not exist (any more)
 */
export function readCase(text: string, file: string): Case {
  const source = readYaml(text, file);
  const value = source.value();
  refuseOtherVersions(value, source);
  const checked = caseSchema.safeParse(value);
  if (!checked.success)
    throw new ScenarioError(
      file,
      checked.error.issues.flatMap((issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys.map((key) =>
              complaint([...issue.path, key], `unknown key "${key}"`, source.locateKey([...issue.path, key])),
            )
          : [complaint(issue.path, inOurWords(issue.message), source.locate(issue.path))],
      ),
    );
  const document = checked.data;
  const known = resolutionInvariants.map(({ id }) => id);
  for (const [index, expectation] of document.expect.entries()) {
    const id = invariantOf(expectation);
    if (id === undefined || known.includes(id)) continue;
    const message = `there is no invariant "${id}"${didYouMean(nearest(id, known))}; there are ${known.join(', ')}`;
    throw problemAt(source, ['expect', index, 'violates' in expectation ? 'violates' : 'holds'], message);
  }
  const { room_version: version } = document.resolution;
  const rules = specifiedRoomVersions.get(version);
  if (rules === undefined)
    throw problemAt(
      source,
      ['resolution', 'room_version'],
      `expected a room version from 1 to 12 in quotes, found "${version}"`,
    );
  const followed = document.resolution.follow === 'text' ? followingText(rules) : rules;
  const problem = problemOfDocument(document.resolution, followed);
  if (!problem.ok) throw problemAt(source, ['resolution', 'events'], problem.detail);
  return { document, problem: problem.value };
}

function inOurWords(message: string): string {
  return message
    .replace(/^Invalid input: /, '')
    .replace(/, received undefined$/, ', found nothing')
    .replace(', received ', ', found ');
}

function complaint(
  path: readonly PropertyKey[],
  message: string,
  position: TextPosition | undefined,
): ScenarioProblem {
  return { path: path.map(String).join('.'), position, message };
}

function refuseOtherVersions(value: unknown, source: YamlSource): void {
  const version =
    typeof value === 'object' && value !== null && 'netsplit_case' in value ? value.netsplit_case : undefined;
  if (version === caseVersion) return;
  throw problemAt(
    source,
    ['netsplit_case'],
    version === undefined
      ? `expected a case file, which says netsplit_case: ${caseVersion}`
      : `expected a case of version ${caseVersion}, found version ${JSON.stringify(version)}`,
  );
}

function problemAt(source: YamlSource, path: readonly PropertyKey[], message: string): ScenarioError {
  return new ScenarioError(source.file, [complaint(path, message, source.locate(path))]);
}

/** The text of a case file. */
export function caseText(document: CaseDocument): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  yaml.commentBefore =
    ' A case of netsplit: complete in itself. `npx netsplit replay <this file>` shows it again.';
  const inOneLine = new Set(['prev_events', 'auth_events', 'content', 'rejected']);
  visit(yaml, {
    Pair(_key, { key, value }) {
      const name = String(key);
      if (inOneLine.has(name) && (isMap(value) || isSeq(value))) value.flow = true;
      if (name === 'states' && isSeq(value))
        for (const state of value.items) if (isSeq(state)) state.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 110, flowCollectionPadding: false });
}
