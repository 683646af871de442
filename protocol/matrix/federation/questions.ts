// One question at a time to one server after another, until one of them answers it.
import type { Address, Effects, RequestResult, Tag } from '../../core.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock, Duration } from '../../time.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { ServerName } from '../ids.ts';
import { asMatrix, type MatrixMessage } from '../messages.ts';
import type { FederationQuestion, FederationRequest } from './messages.ts';
import { patience } from './patience.ts';

/** What every question says of its two ends. */
export type About = Pick<FederationRequest, 'origin' | 'destination' | 'carries'>;

/** A question as it is put to one server. */
export type Question = (about: About) => FederationQuestion;

export class Questions {
  readonly #context: HomeserverContext;
  readonly #servers: readonly ServerName[];
  readonly #tag: Tag;
  #question: Question | undefined;
  #timeout = 0 as Duration;
  /** Place of the server that is asked now. */
  #asked = 0;

  /** `servers` in the order in which they are asked. */
  constructor(context: HomeserverContext, servers: readonly ServerName[], tag: Tag) {
    this.#context = context;
    this.#servers = servers;
    this.#tag = tag;
  }

  /** Asks the first server that may be asked; false when there is none. */
  ask(clock: Clock, question: Question, timeout: Duration, out: Effects): boolean {
    this.#question = question;
    this.#timeout = timeout;
    this.#asked = -1;
    return this.#askNext(clock, out);
  }

  /** The answer, if it is one; `asking` when the next server is asked instead; undefined when none answers. */
  answered(
    clock: Clock,
    result: RequestResult,
    kind: MatrixMessage['kind'],
    out: Effects,
  ): MatrixMessage | 'asking' | undefined {
    const asked = this.#servers[this.#asked];
    if (asked !== undefined) this.#context.sender.questionEnded(clock, asked, result, out);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === kind) return answer;
    return this.#askNext(clock, out) ? 'asking' : undefined;
  }

  #askNext(clock: Clock, out: Effects): boolean {
    for (;;) {
      const destination = this.#servers[++this.#asked];
      if (destination === undefined || this.#question === undefined) return false;
      if (!this.#context.sender.mayAsk(clock, destination)) continue;
      const about = { origin: this.#context.config.serverName, destination, carries: carriesNothing };
      const options = patience(this.#context.config.profile, this.#timeout);
      out.request(destination as string as Address, this.#tag, this.#question(about), options);
      return true;
    }
  }
}
