// Replay: a run scrubbed through time on a map of its people and machines. Everything shown is read from the record;
// a node's state and a message's story are simulated again when they are asked for.
import { countInWords, durationInWords } from '../../../figures-in-words.ts';
import * as api from '../api.ts';
import { clockTime } from '../clock-time.ts';
import { card, element, fill } from '../dom.ts';
import type { View } from '../main.ts';
import { placementFor, type Placement } from '../replay/layout.ts';
import { faultStrip, legend } from '../replay/around.ts';
import { CloserLook } from '../replay/closer-look.ts';
import { LinkLayer, machinesOf } from '../replay/link-layer.ts';
import { Painter } from '../replay/painter.ts';
import { ReplayRecord, type Move } from '../replay/record.ts';
import type { Survey } from '../replay/survey.ts';
import { addressOf, remember } from '../router.ts';
import { runViews } from './run-links.ts';

/** Virtual seconds that pass in a second. */
const speeds = [10, 60, 300, 1_200, 3_600];
/** Late messages that are listed beside the picture. */
const mostListed = 12;
/** What has come is still shown for so many seconds of watching, so that the eye can follow. */
const afterglow = 0.35;

/** The view of a replay. */
export const replayView: View = async (root, { path: [, id = ''], query }) => {
  const wantedSystem = query.get('system') ?? undefined;
  // The first deliveries are there before the view counts as shown; the rest comes while one may already scrub.
  const [start, firstMoves] = await Promise.all([
    api.replay(id, wantedSystem),
    api.moves(id, wantedSystem, 0),
  ]);
  const record = new ReplayRecord(id, start);
  const epochMs = Date.parse(start.epoch);
  const end = Math.min(
    start.horizon,
    Math.max(
      start.sendingEnd,
      ...start.cutOff.map(([, , to]) => to),
      ...start.faults.map((each) => each.end),
    ),
  );
  const wanted = Number(query.get('t') ?? '');
  const firstFault = Math.min(...start.faults.map((each) => each.start));
  let time =
    query.has('t') && Number.isFinite(wanted)
      ? Math.min(end, Math.max(0, wanted))
      : Number.isFinite(firstFault)
        ? firstFault
        : start.sendingStart;
  let isPlaying = false;
  let speed = 300;
  let selected: number | undefined;

  const canvas = element('canvas', {
    class: 'replay',
    role: 'img',
    'aria-label': `Map of ${start.people} people and what they send in ${start.title}. The line below says the same in numbers.`,
  });
  const slider = element('input', {
    type: 'range',
    id: 'time',
    min: 0,
    max: Math.ceil(end),
    step: 1,
    value: Math.floor(time),
    'aria-label': 'Time',
  });
  const play = element('button', { type: 'button' }, 'Play');
  const pace = element(
    'select',
    { id: 'pace' },
    ...speeds.map((each) =>
      element('option', { value: each, selected: each === speed }, `${durationInWords(each)} a second`),
    ),
  );
  const system = element(
    'select',
    { id: 'system' },
    ...start.systems.map(({ id: each, title }) =>
      element('option', { value: each, selected: each === start.system }, title),
    ),
  );
  const status = element('p', { class: 'status' });
  const loading = element('p', { class: 'note', role: 'status' });
  const active = element('p', { class: 'note' });
  const legendPlace = element('div');
  const look = new CloserLook();
  const lateList = element('ul', { class: 'plain late' });
  const node = element('input', { id: 'node', autocomplete: 'off', placeholder: 'phone/0', list: 'nodes' });

  let placement: Placement;
  let painter: Painter;
  let survey: Survey;
  let machines = start.servers;
  let layer: LinkLayer | undefined;
  const linkWords = element('p', { class: 'note', role: 'status' });
  const linkButton = element('button', { type: 'button' }, 'Show links');
  const clock = (seconds: number): string => new Date(epochMs + seconds * 1_000).toISOString().slice(11, 19);

  /** Links are those of one instant: they go as soon as it is another one. */
  const withoutLinks = (): void => {
    if (layer === undefined) return;
    layer = undefined;
    painter.layer = undefined;
    linkWords.textContent = '';
  };
  const showLinks = async (): Promise<void> => {
    if (isPlaying) pause();
    const asked = Math.floor(time);
    linkWords.textContent = 'Simulating the run again up to there…';
    try {
      const found = await api.links(id, start.system, asked);
      if (Math.floor(time) !== asked) return;
      machines = machinesOf(found, start.servers);
      layer = new LinkLayer(found, machines);
      linkWords.textContent = layer.words;
      fit();
    } catch (error) {
      linkWords.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  linkButton.addEventListener('click', () => void showLinks());
  const draw = (): void => {
    const shown = isPlaying ? speed * afterglow * 1_000 : 1_000;
    survey = painter.paint(time * 1_000, time * 1_000 - shown, selected);
    const { cutOff, onTime, late, never } = survey;
    slider.value = String(Math.floor(time));
    slider.setAttribute('aria-valuetext', `${clock(time)} UTC`);
    status.textContent = `${clockTime(epochMs + time * 1_000, true).slice(0, 10)} ${clock(time)} UTC · ${countInWords(cutOff)} people cut off · ${countInWords(onTime + late)} deliveries under way, ${countInWords(late)} of them late${never === 0 ? '' : ` · ${countInWords(never)} never come, with the faults or without`}`;
    const faults = start.faults.filter((each) => each.start <= time && time < each.end);
    active.textContent =
      faults.length === 0 ? 'Nothing is broken.' : `Broken: ${faults.map(({ title }) => title).join('; ')}.`;
  };
  const listLate = (): void => {
    const messages = new Map<number, Move>();
    for (const rows of survey.lateAt.values())
      for (const row of rows.slice(0, mostListed)) {
        const move = record.move(row);
        messages.set(move.message, move);
      }
    const late = [...messages.values()].sort((left, right) => left.sent - right.sent).slice(0, mostListed);
    fill(
      lateList,
      ...late.map((move) => {
        const button = element(
          'button',
          { type: 'button', class: 'plainbutton' },
          `message ${move.message}, from person ${move.sender}, sent ${clock(move.sent / 1_000)}`,
        );
        button.addEventListener('click', () => tellMessage(move.message));
        return element('li', {}, button);
      }),
      late.length === 0 && element('li', { class: 'note' }, 'Nothing is late at this instant.'),
    );
  };
  const still = (): void => {
    draw();
    listLate();
    remember(addressOf(['run', id, 'replay'], { system: start.system, t: Math.floor(time) }));
  };
  const tellMessage = (message: number): void =>
    void look.show(
      `Message ${message}`,
      async () => (await api.message(id, start.system, message)).lines,
      ['svg', 'png'].map((format) => ({
        href: api.diagramOf(id, `${start.system}.${format}`, message),
        words: `Space-time diagram (${format.toUpperCase()})`,
      })),
    );
  const tellNode = (name: string): void =>
    void look.show(`${name} at ${clock(time)}`, async () => {
      const { lines, faults } = await api.node(id, start.system, name, Math.floor(time));
      return [...(faults.length === 0 ? [] : [`faults at work: ${faults.join('; ')}`]), ...lines];
    });

  let frame = 0;
  let before: number | undefined;
  const step = (now: number): void => {
    if (!isPlaying) return;
    time = Math.min(end, time + ((now - (before ?? now)) / 1_000) * speed);
    before = now;
    if (time >= end) pause();
    else {
      draw();
      frame = requestAnimationFrame(step);
    }
  };
  const pause = (): void => {
    isPlaying = false;
    play.textContent = 'Play';
    cancelAnimationFrame(frame);
    still();
  };
  const toggle = (): void => {
    if (isPlaying) {
      pause();
      return;
    }
    if (time >= end) time = 0;
    isPlaying = true;
    withoutLinks();
    before = undefined;
    play.textContent = 'Pause';
    frame = requestAnimationFrame(step);
  };
  play.addEventListener('click', toggle);
  pace.addEventListener('change', () => (speed = Number(pace.value)));
  system.addEventListener(
    'change',
    () => (location.hash = addressOf(['run', id, 'replay'], { system: system.value, t: Math.floor(time) })),
  );
  slider.addEventListener('input', () => {
    time = Number(slider.value);
    withoutLinks();
    if (isPlaying) pause();
    else still();
  });
  canvas.addEventListener('click', ({ offsetX, offsetY }) => {
    const hit = painter.at(offsetX, offsetY);
    if (hit === undefined) return;
    if ('row' in hit) {
      tellMessage(record.move(hit.row).message);
      return;
    }
    selected = hit.spot;
    const spot = placement.spots[hit.spot];
    const name = spot?.server ?? `phone/${spot?.people[0] ?? 0}`;
    node.value = name;
    tellNode(name);
    draw();
  });
  const nodeForm = element(
    'form',
    { class: 'row' },
    element('label', { for: 'node' }, 'Node'),
    node,
    element(
      'datalist',
      { id: 'nodes' },
      ...start.servers.slice(0, 200).map((name) => element('option', { value: name })),
    ),
    element('button', { type: 'submit' }, 'Show its state'),
  );
  nodeForm.addEventListener('submit', (event) => {
    event.preventDefault();
    if (node.value !== '') tellNode(node.value);
  });

  fill(
    root,
    runViews(id, 'replay'),
    element('h1', {}, `Replay: ${start.title}`),
    element(
      'p',
      { class: 'row noprint' },
      play,
      element('span', { class: 'pair' }, element('label', { for: 'pace' }, 'Speed'), pace),
      element('span', { class: 'pair' }, element('label', { for: 'system' }, 'System'), system),
      linkButton,
    ),
    slider,
    faultStrip(start.faults, end),
    status,
    active,
    linkWords,
    loading,
    element('div', { class: 'canvasbox' }, canvas),
    legendPlace,
    element(
      'div',
      { class: 'grid' },
      card({ title: 'Late at this instant', width: 'half' }, lateList),
      card(
        {
          title: 'A closer look',
          width: 'half',
          isForScreen: true,
          note: 'Click a person, a machine or a late message in the picture, or name a node. The run is simulated again up to this instant.',
        },
        nodeForm,
        look.root,
      ),
    ),
  );
  const fit = (): void => {
    // A window that is not shown has no size.
    if (canvas.clientWidth === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    placement = placementFor({ ...start, servers: machines }, canvas.clientWidth, canvas.clientHeight);
    painter = new Painter(canvas, record, placement);
    painter.layer = layer;
    fill(legendPlace, legend(start.places === null, placement.groupSize));
    draw();
  };
  fit();
  const observer = new ResizeObserver(fit);
  observer.observe(canvas);
  const onPart = (isWhole: boolean): void => {
    loading.textContent = isWhole
      ? ''
      : record.loaded < start.deliveries
        ? `${Math.floor((100 * record.loaded) / start.deliveries)} % of ${start.deliveries} deliveries loaded`
        : 'Loading where late messages were held; until then they stand at their senders.';
    if (isPlaying) return;
    if (isWhole) still();
    else draw();
  };
  record.load(onPart, firstMoves).catch((error: unknown) => {
    loading.textContent = error instanceof Error ? error.message : String(error);
  });
  still();
  const message = query.get('message');
  if (message !== null && /^\d+$/.test(message)) tellMessage(Number(message));
  return {
    title: `Replay: ${start.title}`,
    repaint: fit,
    leave: () => {
      isPlaying = false;
      cancelAnimationFrame(frame);
      observer.disconnect();
      record.close();
    },
  };
};
