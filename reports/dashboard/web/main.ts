// The page: one view at a time, chosen by the address after the #. Views come in files of their own when first wanted.
import { element, type Child } from './dom.ts';
import { placeOf, type Place } from './router.ts';

/** A view: fills a place of the page and returns its title and how to take it down again. */
export interface Shown {
  readonly title: string;
  readonly leave?: (() => void) | undefined;
  /** Paints its canvases again, in the colours that the page has now. */
  readonly repaint?: (() => void) | undefined;
}

/** Draws a view. What it puts into `root` is in the page while it does. */
export type View = (root: HTMLElement, place: Place) => Promise<Shown> | Shown;

interface Route {
  readonly section: string;
  /** A part that is `undefined` stands for anything. */
  readonly path: readonly (string | undefined)[];
  readonly load: () => Promise<View>;
}

/** The first view of each part of the page. */
const sections: Readonly<Record<string, { readonly href: string; readonly words: string }>> = {
  runs: { href: '#/', words: 'All runs' },
  scenarios: { href: '#/scenarios', words: 'All scenarios' },
  campaigns: { href: '#/campaigns', words: 'All campaigns' },
  room: { href: '#/room', words: 'Rooms' },
};

const routes: readonly Route[] = [
  { section: 'runs', path: [], load: async () => (await import('./views/run-list.ts')).runListView },
  {
    section: 'scenarios',
    path: ['scenarios'],
    load: async () => (await import('./views/scenarios.ts')).scenariosView,
  },
  {
    section: 'scenarios',
    path: ['scenario', undefined],
    load: async () => (await import('./views/scenario.ts')).scenarioView,
  },
  { section: 'runs', path: ['live'], load: async () => (await import('./views/live.ts')).liveListView },
  {
    section: 'runs',
    path: ['live', undefined],
    load: async () => (await import('./views/live.ts')).liveView,
  },
  { section: 'runs', path: ['run', undefined], load: async () => (await import('./views/run.ts')).runView },
  {
    section: 'runs',
    path: ['run', undefined, 'day'],
    load: async () => (await import('./views/day.ts')).dayView,
  },
  {
    section: 'runs',
    path: ['run', undefined, 'replay'],
    load: async () => (await import('./views/replay.ts')).replayView,
  },
  {
    section: 'runs',
    path: ['compare', undefined, undefined],
    load: async () => (await import('./views/compare.ts')).compareView,
  },
  {
    section: 'campaigns',
    path: ['campaigns'],
    load: async () => (await import('./views/campaign-list.ts')).campaignListView,
  },
  {
    section: 'campaigns',
    path: ['campaign', undefined],
    load: async () => (await import('./views/campaign.ts')).campaignView,
  },
  {
    section: 'runs',
    path: ['run', undefined, 'rooms'],
    load: async () => (await import('./views/run-rooms.ts')).runRoomsView,
  },
  { section: 'room', path: ['room'], load: async () => (await import('./views/room.ts')).roomView },
  {
    section: 'room',
    path: ['room', undefined],
    load: async () => (await import('./views/room.ts')).roomView,
  },
];

const content = document.querySelector('main') ?? document.body;

/** How to leave the view that is shown, and a number by which an answer that comes too late is known. */
let leave: () => void = () => undefined;
let repaint: () => void = () => undefined;
let visit = 0;

function routeOf({ path }: Place): Route | undefined {
  return routes.find(
    (route) =>
      route.path.length === path.length &&
      route.path.every((part, index) => part === undefined || part === path[index]),
  );
}

function markSection(section: string | undefined): void {
  for (const link of document.querySelectorAll('nav a')) {
    if (link.getAttribute('data-section') === section) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** What is said instead of a view, and the way back to the part of the page to which the view belongs. */
function problem(message: string, section = 'runs'): readonly Child[] {
  const { href, words } = sections[section] ?? { href: '#/', words: 'All runs' };
  return [
    element('h1', {}, 'This cannot be shown'),
    element('p', { role: 'alert' }, message),
    element('p', {}, element('a', { href }, words)),
  ];
}

async function show(): Promise<void> {
  const number = ++visit;
  leave();
  leave = () => undefined;
  repaint = () => undefined;
  const place = placeOf(location.hash);
  const route = routeOf(place);
  markSection(route?.section);
  const root = element('div', { class: 'view' }, element('p', { class: 'quiet loading' }, 'Loading…'));
  content.replaceChildren(root);
  content.setAttribute('aria-busy', 'true');
  let shown: Shown;
  try {
    if (route === undefined) throw new Error('There is no such view.');
    const view = await route.load();
    if (number !== visit) return;
    shown = await view(root, place);
  } catch (error) {
    root.replaceChildren(
      ...(problem(error instanceof Error ? error.message : String(error), route?.section) as Node[]),
    );
    shown = { title: 'Problem' };
  }
  if (number !== visit) {
    shown.leave?.();
    return;
  }
  content.removeAttribute('aria-busy');
  leave = shown.leave ?? leave;
  repaint = shown.repaint ?? repaint;
  document.title = shown.title === '' ? 'netsplit' : `${shown.title} · netsplit`;
  // Whoever reads by ear or keyboard goes on where the new view begins.
  if (number > 1) content.focus({ preventScroll: true });
}

// Colours of a canvas do not follow the reader's light or dark by themselves, nor the white of paper.
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => repaint());
const painted = (isForPaper: boolean): void => {
  document.documentElement.classList.toggle('printing', isForPaper);
  repaint();
};
window.addEventListener('beforeprint', () => painted(true));
window.addEventListener('afterprint', () => painted(false));
window.addEventListener('hashchange', () => {
  window.scrollTo(0, 0);
  void show();
});
void show();
