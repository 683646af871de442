// What of an input goes into the digest, and which user messages it carries.
import type { Input } from '../../protocol/core.ts';
import type { Failure } from '../../protocol/failure.ts';
import { carriesNothing, type Message, type UserMessageId } from '../../protocol/message.ts';
import type { Trace } from '../kernel/trace.ts';
import type { NodeIndex } from '../observation.ts';

/** The message inside an input; undefined when there is none. */
export function messageOf(input: Input): Message | undefined {
  switch (input.kind) {
    case 'message':
    case 'request':
      return input.message;
    case 'push':
      return input.payload;
    case 'response':
      return input.result.message;
    default:
      return undefined;
  }
}

/** User messages that an input brings to its node. */
export function carriedBy(input: Input): readonly UserMessageId[] {
  return messageOf(input)?.carries ?? carriesNothing;
}

/** The failure that an input brings. */
export function failureOf(input: Input): Failure | undefined {
  if (input.kind === 'link-down') return input.failure;
  return input.kind === 'response' && !input.result.ok ? input.result.failure : undefined;
}

function failureText(failure: Failure): string {
  const { kind, definite, cause } = failure;
  const detail =
    kind === 'unresolved'
      ? failure.answer
      : kind === 'timed-out'
        ? failure.phase
        : kind === 'status'
          ? `${failure.status} ${failure.retryAfterMs ?? ''}`
          : '';
  return `${kind} ${detail} ${definite} ${cause}`;
}

const inputKinds: Readonly<Record<Input['kind'], number>> = {
  start: 0,
  user: 1,
  timer: 2,
  message: 3,
  request: 4,
  response: 5,
  'link-up': 6,
  'link-down': 7,
  network: 8,
  push: 9,
  operator: 10,
};

/** Writes an input that a part of a node is handed. Messages over the local channel have no wire form: their kind stands for them. */
export function traceInput(trace: Trace, node: NodeIndex, part: number, input: Input): void {
  trace.input(node, part, inputKinds[input.kind], input.kind);
  switch (input.kind) {
    case 'start':
      return;
    case 'user':
      return trace.text(
        'message' in input.action ? `${input.action.kind} ${input.action.message}` : input.action.kind,
      );
    case 'timer':
      return trace.text(input.timer);
    case 'message':
      trace.text(input.from);
      return input.from.startsWith('local:') ? trace.text(input.message.kind) : trace.message(input.message);
    case 'request':
      trace.text(input.from);
      return trace.message(input.message);
    case 'response':
      trace.text(input.tag);
      if (!input.result.ok) trace.text(failureText(input.result.failure));
      return input.result.message === undefined ? undefined : trace.message(input.result.message);
    case 'link-up':
      return trace.text(`${input.link} ${input.peer} ${input.tag ?? ''}`);
    case 'link-down':
      return trace.text(`${input.link ?? ''} ${input.tag ?? ''} ${failureText(input.failure)}`);
    case 'network':
      return trace.text(`${input.up} ${input.cause}`);
    case 'push':
      return trace.message(input.payload);
    case 'operator':
      return trace.text(input.order);
  }
}
