// A message's life told hop by hop: who held it, for how long, why, and which fault stands behind that.
import { durationInWords } from './figures-in-words.ts';
import type { LifeDelivery, LifeEvent, LifeSpan, MessageLife } from './message-life.ts';
import { reasonWords } from './reason-words.ts';
import { lateness } from './blame.ts';

/** What the story must know besides the life itself. */
export interface Setting {
  /** Wall time of the epoch, milliseconds since 1970. */
  readonly epochMs: number;
  readonly faults: readonly {
    readonly id: string;
    readonly title: string;
    readonly target: string;
    /** Seconds since the epoch. */
    readonly start: number;
    readonly end: number;
  }[];
}

/** The story, line by line: the message, what happened to it, then each recipient, worst first. */
export function lifeInWords(life: MessageLife, setting: Setting, most = 3): readonly string[] {
  const { message, sender, conversation, sentAt, system, events, deliveries } = life;
  const where =
    conversation.kind === 'direct' ? 'a direct chat' : `a ${conversation.kind} of ${conversation.people}`;
  const worstFirst = [...deliveries].sort((left, right) => cost(right, sentAt) - cost(left, sentAt));
  const shown = worstFirst.slice(0, most);
  return [
    `Message ${message} on ${system}: person ${sender} pressed send at ${clock(sentAt, setting)} (UTC) in ${where}.`,
    ...events.flatMap((event, index) => eventInWords(event, events, index, setting)),
    ...shown.flatMap((delivery) => ['', ...deliveryInWords(delivery, life, setting)]),
    ...(worstFirst.length > most
      ? [
          '',
          `and ${worstFirst.length - most} more recipients, none of whom waited longer (--recipient shows one)`,
        ]
      : []),
  ];
}

/** What a delivery cost against the twin; what never came costs most. */
function cost({ at, twinAt }: LifeDelivery, sentAt: number): number {
  if (at === null) return twinAt === null ? -1 : Infinity;
  return at - (twinAt ?? sentAt);
}

/** Failed attempts for the same reason, one after the other, are told once. */
function eventInWords(
  event: LifeEvent,
  events: readonly LifeEvent[],
  index: number,
  setting: Setting,
): readonly string[] {
  const at = `  ${clock(event.at, setting)}  `;
  switch (event.kind) {
    case 'accepted':
      return [`${at}the service took responsibility`];
    case 'resent':
      return [`${at}the sender sent it again by hand`];
    case 'duplicate':
      return [`${at}a second copy came to somebody who had it`];
    case 'failed':
      return [`${at}the application told its sender that it had failed${because(event.faults, setting)}`];
    case 'attempt-failed': {
      const same = (other: LifeEvent | undefined): boolean =>
        other?.kind === 'attempt-failed' &&
        other.failure === event.failure &&
        other.faults.join() === event.faults.join();
      if (same(events[index - 1])) return [];
      let last = index;
      while (same(events[last + 1])) last++;
      const times = last - index + 1;
      const until =
        times === 1 ? '' : `, ${times} times until ${clock(events[last]?.at ?? event.at, setting)}`;
      return [
        `${at}an attempt failed (${event.failure ?? 'unknown'})${until}${because(event.faults, setting)}`,
      ];
    }
  }
}

function deliveryInWords(
  delivery: LifeDelivery,
  { sentAt }: MessageLife,
  setting: Setting,
): readonly string[] {
  const { recipient, spans } = delivery;
  return [
    `To person ${recipient}: ${summary(delivery, sentAt)}`,
    ...chainOfFaults(spans, setting),
    ...merged(spans).map(
      ({ start, end, holder, reason, faults }) =>
        `  ${clock(start, setting)}  ${durationInWords((end - start) / 1_000_000).padStart(10)}  ${holder}: ${reasonWords[reason]}${because(faults, setting)}`,
    ),
  ];
}

function summary({ at, twinAt }: LifeDelivery, sentAt: number): string {
  const after = (instant: number): string => durationInWords((instant - sentAt) / 1_000_000);
  if (at === null)
    return twinAt === null
      ? 'never, with the faults and without them.'
      : `never; ${after(twinAt)} after sending without the faults.`;
  if (twinAt === null) return `${after(at)} after sending; without the faults never.`;
  const excess = at - twinAt;
  if (excess <= lateness) return `${after(at)} after sending, as without the faults (${after(twinAt)}).`;
  return `${after(at)} after sending instead of ${after(twinAt)}: ${durationInWords(excess / 1_000_000)} late.`;
}

/** From the fault to the message: each fault that stands behind a wait, with what it held up and for how long. */
function chainOfFaults(spans: readonly LifeSpan[], setting: Setting): readonly string[] {
  return setting.faults.flatMap(({ id, title, target, start, end }) => {
    const held = spans.filter((span) => span.faults.includes(id));
    if (held.length === 0) return [];
    const total = held.reduce((sum, span) => sum + (span.end - span.start), 0);
    const waits = [...new Set(held.map(({ holder, reason }) => `${holder} ${reasonWords[reason]}`))];
    const from = clock(start * 1_000_000, setting);
    const until = clock(end * 1_000_000, setting);
    return [
      `  because ${title} (${target}; ${from} to ${until}) → ${waits.join(' → ')} → ${durationInWords(total / 1_000_000)} of its way`,
    ];
  });
}

/** Neighbouring spans that say the same, as one. */
function merged(spans: readonly LifeSpan[]): readonly LifeSpan[] {
  const found: LifeSpan[] = [];
  for (const span of spans) {
    const before = found.at(-1);
    if (
      before !== undefined &&
      before.holder === span.holder &&
      before.reason === span.reason &&
      before.faults.join() === span.faults.join()
    )
      found[found.length - 1] = { ...before, end: span.end };
    else found.push(span);
  }
  return found;
}

function because(faults: readonly string[], setting: Setting): string {
  if (faults.length === 0) return '';
  const titles = faults.map((id) => setting.faults.find((fault) => fault.id === id)?.title ?? id);
  return ` ← ${titles.join(', ')}`;
}

/** `2025-10-20 15:30:12.250`, UTC. */
function clock(microseconds: number, { epochMs }: Pick<Setting, 'epochMs'>): string {
  return new Date(epochMs + microseconds / 1_000).toISOString().slice(0, 23).replace('T', ' ');
}
