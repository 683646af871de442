// What was asked to be run: one thing at a time, the rest in a queue of bounded length, watched by as many as like.
import { hasEnded, type WorkRequest, type WorkState } from '../wire.ts';
import { TaskRefused, type Background } from './background.ts';
import { withProgress } from './live-state.ts';
import type { WorkNews } from './task.ts';

/** Works that may wait. */
const mostWaiting = 8;
/** Works that are remembered after their end. */
const mostRemembered = 50;

/** The queue is full. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

type Listener = (state: WorkState) => void;

interface Entry {
  state: WorkState;
  readonly request: WorkRequest;
  readonly stop: AbortController;
  readonly listeners: Set<Listener>;
}

/** What the queue needs to know of where things are kept. */
export interface WorkPlaces {
  readonly store: string;
  readonly campaigns: string;
}

/** The works of one server. */
export class WorkQueue {
  readonly #entries = new Map<number, Entry>();
  readonly #background: Background;
  readonly #places: WorkPlaces;
  readonly #onEnd: (state: WorkState) => void;
  #next = 1;
  #busy: Promise<void> | undefined;

  /** @param onEnd told of each work that ended, for the log */
  constructor(
    background: Background,
    places: WorkPlaces,
    onEnd: (state: WorkState) => void = () => undefined,
  ) {
    this.#background = background;
    this.#places = places;
    this.#onEnd = onEnd;
  }

  /** All that is remembered, newest first. */
  get states(): readonly WorkState[] {
    return [...this.#entries.values()].map(({ state }) => state).reverse();
  }

  state(id: number): WorkState | undefined {
    return this.#entries.get(id)?.state;
  }

  /**
   * Checks and queues.
   * @throws QueueFull
   * @throws TaskRefused when the scenario, the systems or the overrides cannot be used
   */
  async ask(request: WorkRequest): Promise<WorkState> {
    this.#refuseWhenFull();
    const { title, command } = await this.#background.look({ kind: 'check', request });
    this.#refuseWhenFull();
    const id = this.#next++;
    const state: WorkState = {
      id,
      kind: request.kind,
      title,
      command,
      status: 'waiting',
      askedAt: new Date().toISOString(),
    };
    const entry: Entry = { state, request, stop: new AbortController(), listeners: new Set() };
    this.#entries.set(id, entry);
    this.#forgetOldest();
    this.#busy ??= this.#workOff();
    return entry.state;
  }

  /** Stops a work that waits or runs. Returns its state, or undefined when there is none. */
  cancel(id: number): WorkState | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    entry.stop.abort();
    if (entry.state.status === 'waiting') this.#become(entry, { status: 'cancelled' });
    if (entry.state.status === 'running') this.#become(entry, { status: 'stopping' });
    return entry.state;
  }

  /** Calls the listener at once with what there is, and then at every change. Returns how to stop. */
  listen(id: number, listener: Listener): (() => void) | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    entry.listeners.add(listener);
    listener(entry.state);
    return () => void entry.listeners.delete(listener);
  }

  /** Stops everything and waits until it has stopped. */
  async close(): Promise<void> {
    for (const id of this.#entries.keys()) this.cancel(id);
    await this.#busy;
  }

  #refuseWhenFull(): void {
    const waiting = this.states.filter(({ status }) => status === 'waiting').length;
    if (waiting >= mostWaiting)
      throw new QueueFull(`${waiting} runs wait already; wait for one to end, or cancel one`);
  }

  #forgetOldest(): void {
    const ended = [...this.#entries.values()].filter(({ state }) => hasEnded(state));
    for (const { state } of ended.slice(0, Math.max(0, ended.length - mostRemembered)))
      this.#entries.delete(state.id);
  }

  async #workOff(): Promise<void> {
    const next = (): Entry | undefined =>
      [...this.#entries.values()].find(({ state }) => state.status === 'waiting');
    for (let entry = next(); entry !== undefined; entry = next()) await this.#work(entry);
    this.#busy = undefined;
  }

  async #work(entry: Entry): Promise<void> {
    this.#become(entry, { status: 'running' });
    const { request, stop } = entry;
    try {
      const onNews = (news: WorkNews): void => this.#become(entry, newsOf(entry.state, news));
      const result = await this.#background.work({ request, ...this.#places }, stop.signal, onNews);
      this.#become(entry, { status: 'finished', result });
    } catch (error) {
      const stopped = error instanceof TaskRefused && error.kind === 'stopped';
      const problem = error instanceof Error ? error.message : String(error);
      this.#become(entry, stopped ? { status: 'cancelled' } : { status: 'failed', problem });
    }
    this.#onEnd(entry.state);
  }

  #become(entry: Entry, change: Partial<WorkState>): void {
    entry.state = { ...entry.state, ...change };
    for (const listener of entry.listeners) listener(entry.state);
  }
}

function newsOf(state: WorkState, news: WorkNews): Partial<WorkState> {
  switch (news.kind) {
    case 'started':
      return { live: news.state };
    case 'campaign':
      return { campaign: news.campaign };
    case 'progressed':
      return state.live === undefined ? {} : { live: withProgress(state.live, news.progress) };
  }
}
