// What servers that hold the same events work out only once. Every key names all that the answer depends on, so that a
// room gives the same verdicts and states with a memo, with another's, and without.
import { sha256Hex } from '../crypto.ts';
import { compareCodePoints, compareNumbers } from '../order.ts';
import { encodeCanonicalJson } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';
import { SharedStateIds } from './state-ids.ts';
import type { StateMap } from './state-map.ts';
import { EventNumbers } from './state-resolution/auth-graph.ts';

/** Resolutions kept; beyond it the memo begins anew, which costs time and changes nothing. */
const mostResolutions = 20_000;

/** Bodies that have been seen under one event id, in the order in which they were first seen. */
interface Variants {
  readonly first: MatrixEvent;
  readonly bodies: Map<string, number>;
}

/** Shared by the rooms of one run that have one room id and one set of rules, and dies with them. */
export class RoomMemo {
  readonly #resolutions = new Map<string, StateMap>();
  readonly #states = new Map<string, StateMap>();
  readonly #ordinals = new WeakMap<StateMap, number>();
  readonly #ordinalsByContent = new Map<string, number>();
  readonly #successors = new WeakMap<StateMap, Map<EventId, StateMap>>();
  readonly #variants = new Map<EventId, Variants>();
  /** Lists of ids told between rooms that hold the bodies seen first, and no others. */
  readonly stateIds: SharedStateIds = new SharedStateIds();
  /** Numbers of the bodies that were seen first: good for rooms that hold no others. */
  readonly numbers: EventNumbers = new EventNumbers((id) => this.#variants.get(id)?.first);

  /**
   * The resolution of states by rooms that hold the same bodies under the ids in them and reject the same events
   * (`authority` says which: see {@link AuthorityDigest}).
   */
  resolution(states: readonly StateMap[], authority: string, resolve: () => StateMap): StateMap {
    const ordinals = states.map((state) => this.#ordinalOf(state)).sort(compareNumbers);
    const key = `${authority} ${ordinals.filter((each, index) => each !== ordinals[index - 1]).join(' ')}`;
    let resolved = this.#resolutions.get(key);
    if (resolved === undefined) {
      if (this.#resolutions.size >= mostResolutions) this.#resolutions.clear();
      resolved = this.#shared(resolve());
      this.#resolutions.set(key, resolved);
    }
    return resolved;
  }

  /** The state after an event, one object for all servers. */
  successor(state: StateMap, key: string, eventId: EventId): StateMap {
    let successors = this.#successors.get(state);
    if (successors === undefined) this.#successors.set(state, (successors = new Map<EventId, StateMap>()));
    let successor = successors.get(eventId);
    if (successor === undefined)
      successors.set(eventId, (successor = this.#shared(state.setKey(key, eventId))));
    return successor;
  }

  /** 0 for the body that was seen first under the event's id, as for nearly every event; others have numbers of their own. */
  variantOf(event: MatrixEvent): number {
    const { eventId } = event;
    const known = this.#variants.get(eventId);
    if (known === undefined) {
      this.#variants.set(eventId, { first: event, bodies: new Map() });
      return 0;
    }
    if (known.first === event) return 0;
    // Another object, which may have been read from the same bytes.
    const { bodies } = known;
    if (bodies.size === 0) bodies.set(bodyHash(known.first), 0);
    const body = bodyHash(event);
    let variant = bodies.get(body);
    if (variant === undefined) bodies.set(body, (variant = bodies.size));
    return variant;
  }

  /** Equal for states of equal content, in whatever order they come first. */
  #ordinalOf(state: StateMap): number {
    let ordinal = this.#ordinals.get(state);
    if (ordinal === undefined) {
      const name = nameOf(state);
      ordinal = this.#ordinalsByContent.get(name) ?? this.#ordinalsByContent.size;
      this.#ordinalsByContent.set(name, ordinal);
      this.#ordinals.set(state, ordinal);
    }
    return ordinal;
  }

  /** One object for all states of equal content. */
  #shared(state: StateMap): StateMap {
    const name = nameOf(state);
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    if (this.#states.size >= mostResolutions) this.#states.clear();
    this.#states.set(name, state);
    return state;
  }
}

function nameOf({ digest, size }: StateMap): string {
  return `${digest}.${size}`;
}

function bodyHash(event: MatrixEvent): string {
  return sha256Hex(encodeCanonicalJson(event.pdu));
}

/**
 * Names what a room's authority rests on beyond event ids: which events it rejects, and which bodies it holds that are
 * not the first seen. Two rooms with equal names resolve equal states alike. Empty for most rooms.
 */
export class AuthorityDigest {
  readonly #marks = new Set<string>();
  #name = '';
  /** Whether the room holds a body that is not the first seen. */
  hasVariants = false;

  /** Marks an event as rejected, or lifts the mark. */
  setRejected(eventId: EventId, isRejected: boolean): void {
    this.#set(`rejected ${eventId}`, isRejected);
  }

  /** Marks an event as held in another body than the first seen. */
  setVariant(eventId: EventId, variant: number): void {
    if (variant === 0) return;
    this.hasVariants = true;
    this.#set(`body ${variant} ${eventId}`, true);
  }

  get name(): string {
    if (this.#name === '' && this.#marks.size > 0)
      this.#name = sha256Hex([...this.#marks].sort(compareCodePoints).join('\n'));
    return this.#name;
  }

  #set(mark: string, isSet: boolean): void {
    if (this.#marks.has(mark) === isSet) return;
    if (isSet) this.#marks.add(mark);
    else this.#marks.delete(mark);
    this.#name = '';
  }
}
