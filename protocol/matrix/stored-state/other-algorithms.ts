// The same room as a server would have it that resolves states by another algorithm, or reads the text otherwise.
import { fieldsOf, ParsedEvent, type MatrixEvent } from '../event.ts';
import { algorithmName, type RoomVersionRules, type SpecifiedResolution } from '../room-version.ts';
import { judgeSlice, type SliceToJudge, type SliceVerdicts } from '../slice/judge-slice.ts';

const algorithms: readonly SpecifiedResolution[] = ['v1', 'v2', 'v2.1'];

/** Another way to come to a state. */
export interface OtherAlgorithm {
  /** As `--algorithm` and `--follow` name it: `v2`, or `v2, following the text`. */
  readonly name: string;
  readonly rules: RoomVersionRules;
}

/** All ways of the specification but the room's own, the deployed ones first. */
export function otherAlgorithms(own: RoomVersionRules): readonly OtherAlgorithm[] {
  const others: OtherAlgorithm[] = [];
  for (const reading of ['deployed', 'text'] as const) {
    for (const stateResolution of algorithms) {
      if (stateResolution === own.stateResolution && reading === own.reading) continue;
      const rules = { ...own, stateResolution, reading };
      const name = algorithmName(rules);
      others.push({ name: reading === 'text' ? `${name}, following the text` : name, rules });
    }
  }
  return others;
}

/** The slice judged by other rules; undefined where the states given contradict them. */
export function judgedBy(slice: SliceToJudge, rules: RoomVersionRules): SliceVerdicts | undefined {
  const under = (event: MatrixEvent): MatrixEvent => new ParsedEvent({ ...fieldsOf(event), rules });
  const judged = judgeSlice({
    ...slice,
    rules,
    events: slice.events.map(under),
    outliers: slice.outliers.map(under),
  });
  return judged.ok ? judged.value : undefined;
}
