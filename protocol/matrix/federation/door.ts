// Before a server takes anything in it must be able to tell who signed it. A request is taken once a key of its origin is
// known that is valid now, an answer once keys for the events in it are; what waits for keys waits here.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/federation/transport/server/_base.py (`Authenticator`) and
// synapse/federation/federation_base.py (`_check_sigs_and_hash_and_fetch`).
import type { Effects, RequestId, RequestResult, Tag } from '../../core.ts';
import type { Clock } from '../../time.ts';
import type { DeviceQuestion } from '../device-messages.ts';
import { asMatrix } from '../messages.ts';
import type { HandshakeQuestion } from './handshake-messages.ts';
import type { KeyNeeds, KeyRing } from './key-ring.ts';
import type { FederationQuestion, GetServerKeys, Pdu, QueryKeys } from './messages.ts';

/** Every question that its origin signs. Anybody may ask for keys. */
export type SignedQuestion =
  Exclude<FederationQuestion, GetServerKeys | QueryKeys> | HandshakeQuestion | DeviceQuestion;

interface WaitingQuestion {
  readonly needs: KeyNeeds;
  readonly id: RequestId;
  readonly question: SignedQuestion;
}

interface WaitingAnswer {
  readonly needs: KeyNeeds;
  readonly tag: Tag;
  readonly result: RequestResult;
}

/** What is done with what comes in. */
export interface Inside {
  question(clock: Clock, id: RequestId, question: SignedQuestion, out: Effects): void;
  answer(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void;
}

export class Door {
  readonly #keys: KeyRing;
  readonly #inside: Inside;
  #questions: WaitingQuestion[] = [];
  #answers: WaitingAnswer[] = [];

  constructor(keys: KeyRing, inside: Inside) {
    this.#keys = keys;
    this.#inside = inside;
  }

  question(clock: Clock, id: RequestId, question: SignedQuestion, out: Effects): void {
    const needs = this.#keys.neededFrom(clock, question.origin);
    if (needs.size === 0) return this.#inside.question(clock, id, question, out);
    if (this.#keys.ensure(clock, needs, out)) return this.#letIn(clock, id, question, out);
    this.#questions.push({ needs, id, question });
  }

  answer(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const needs = this.#keys.neededFor(pdusOf(result));
    if (needs.size === 0 || this.#keys.ensure(clock, needs, out))
      return this.#inside.answer(clock, tag, result, out);
    this.#answers.push({ needs, tag, result });
  }

  /** Keys came, or did not: what waited for them goes on. */
  keysSettled(clock: Clock, out: Effects): void {
    const questions = this.#questions.filter(({ needs }) => !this.#keys.isFetching(needs));
    this.#questions = this.#questions.filter(({ needs }) => this.#keys.isFetching(needs));
    const answers = this.#answers.filter(({ needs }) => !this.#keys.isFetching(needs));
    this.#answers = this.#answers.filter(({ needs }) => this.#keys.isFetching(needs));
    for (const { id, question } of questions) this.#letIn(clock, id, question, out);
    for (const { tag, result } of answers) this.#inside.answer(clock, tag, result, out);
  }

  #letIn(clock: Clock, id: RequestId, question: SignedQuestion, out: Effects): void {
    if (this.#keys.isGood(question.origin, clock.wall))
      return this.#inside.question(clock, id, question, out);
    out.observe({ kind: 'situation', name: 'matrix.keys.origin-unknown' });
    const { lastFailure: cause } = this.#keys;
    if (question.kind === 'matrix.transaction' && question.carries.length > 0)
      out.observe({ kind: 'hold', messages: question.carries, reason: 'unverifiable', cause });
    out.refuse(id, 401);
  }
}

const nothing: readonly Pdu[] = [];

/** The events of an answer. */
function pdusOf(result: RequestResult): readonly Pdu[] {
  const answer = result.ok ? asMatrix(result.message) : undefined;
  switch (answer?.kind) {
    case 'matrix.events':
      return answer.pdus;
    case 'matrix.state':
      return [...answer.authChain, ...answer.pdus];
    case 'matrix.auth-chain':
      return answer.authChain;
    case 'matrix.membership-sent':
      return [answer.event, ...answer.authChain, ...answer.state];
    default:
      return nothing;
  }
}
