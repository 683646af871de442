// The page: one view at a time, chosen by the address after the #.
import * as api from './api.ts';
import { element, type Child } from './dom.ts';
import { LiveView } from './views/live.ts';
import { runListView } from './views/run-list.ts';
import { runView } from './views/run.ts';
import type { LiveState } from '../wire.ts';

const content = document.querySelector('main') ?? document.body;

/** How to leave the view that is shown. */
let leave: () => void = () => undefined;

function show(title: string, children: readonly Child[]): void {
  document.title = title === '' ? 'netsplit' : `${title} · netsplit`;
  content.replaceChildren(
    ...children
      .filter((child) => child !== undefined && child !== false)
      .map((child) => (typeof child === 'number' ? String(child) : child)),
  );
}

async function showRun(id: string): Promise<void> {
  const record = await api.run(id);
  show(record.title, []);
  // Charts measure their boxes, so these must be in the page first.
  leave = runView(record, content);
}

function showLive(): void {
  const view = new LiveView();
  show('Under way', [element('p', { class: 'quiet' }, 'Waiting for a run…')]);
  const stop = api.live((state) => {
    if (state === null) show('Under way', [element('p', {}, 'Nothing is under way.')]);
    else if (state.status === 'finished' && state.run !== undefined) location.hash = `#/run/${state.run}`;
    else {
      if (!view.root.isConnected) show(state.title, [view.root]);
      view.show(state);
    }
  });
  leave = () => {
    stop();
    view.close();
  };
}

/** The run under way as it is now. */
function liveNow(): Promise<LiveState | null> {
  return new Promise((resolve) => {
    const stop = api.live((state) => {
      stop();
      resolve(state);
    });
  });
}

async function showList(): Promise<void> {
  const [runs, live] = await Promise.all([api.runs(), liveNow()]);
  show('', runListView(runs, live));
}

async function route(): Promise<void> {
  leave();
  leave = () => undefined;
  const [, view = '', id = ''] = location.hash.split('/');
  try {
    if (view === 'run') await showRun(decodeURIComponent(id));
    else if (view === 'live') showLive();
    else await showList();
  } catch (error) {
    show('Problem', [
      element('h1', {}, 'This cannot be shown'),
      element('p', {}, error instanceof Error ? error.message : String(error)),
      element('p', {}, element('a', { href: '#/' }, 'All runs')),
    ]);
  }
}

window.addEventListener('hashchange', () => void route());
void route();
