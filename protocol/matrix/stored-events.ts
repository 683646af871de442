// Events on disk: the fields as they were read, and the room version by its name.
import { present } from '../assert.ts';
import { storedForm, type StoredForm } from '../stored-form.ts';
import { fieldsOf, ParsedEvent, type EventFields } from './event.ts';
import { specifiedRoomVersions } from './room-version.ts';

interface PlainEvent extends Omit<EventFields, 'rules'> {
  readonly version: string;
  readonly byteLength: number;
}

/** How what Matrix cores persist goes to a disk, in rooms of the specified versions. */
export const matrixStoredForm: StoredForm = storedForm([
  {
    name: 'event',
    is: (value) => value instanceof ParsedEvent,
    toPlain(value) {
      const event = value as ParsedEvent;
      const version = event.rules.id;
      return { ...fieldsOf(event), version, byteLength: event.byteLength } satisfies PlainEvent;
    },
    fromPlain(plain) {
      const { version, byteLength, ...fields } = plain as PlainEvent;
      const rules = present(specifiedRoomVersions.get(version), `room version ${version}`);
      return new ParsedEvent({ ...fields, rules }, byteLength);
    },
  },
]);
