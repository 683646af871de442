// A run or a campaign under way: how far it is, and the curves so far.
import { durationInWords, percent } from '../../../figures-in-words.ts';
import { hasEnded, type LiveJob, type LiveState, type WorkState } from '../../wire.ts';
import * as api from '../api.ts';
import { timeChart, type Curve } from '../charts.ts';
import { swatch } from '../colours.ts';
import { shareCurve } from '../curves.ts';
import { card, element, fill, table, type Child } from '../dom.ts';
import type { View } from '../main.ts';
import { addressOf } from '../router.ts';

/** Seconds after which what was sent is known to have come within a minute or not. */
const known = 60;

function curveOf(job: LiveJob, state: LiveState): Curve {
  const { bucketStart: start, bucketSeconds, expected } = state;
  const buckets = Math.max(0, Math.floor((job.now - known - start) / bucketSeconds));
  const scale = { epochMs: Date.parse(state.epoch), start, bucketSeconds };
  return {
    name: job.variant === 'run' ? job.title : `${job.title} without the faults`,
    system: job.system,
    dashed: job.variant === 'twin',
    points: shareCurve(job.withinOneMinute.slice(0, buckets), expected.slice(0, buckets), scale),
  };
}

const statusWords: Readonly<Record<WorkState['status'], string>> = {
  waiting: 'Waits for what was asked for before it.',
  running: 'Under way.',
  stopping: 'Stopping. What is whole by now is kept.',
  finished: 'Finished.',
  failed: 'It failed.',
  cancelled: 'Cancelled. What was whole by then is kept; there was nothing.',
};

/** Where the result of finished work can be seen. */
function resultAddress({ kind, result }: WorkState): string | undefined {
  return result === undefined ? undefined : addressOf([kind, result]);
}

/** Draws into a page and redraws at every picture. */
class LivePicture {
  readonly root = element('div', { class: 'grid' });
  readonly #plot = element('div', { class: 'plot tall' });
  readonly #bars = element('div');
  #chart: ReturnType<typeof timeChart> | undefined;

  show(state: LiveState): void {
    if (this.#chart === undefined) this.#begin(state);
    fill(
      this.#bars,
      ...state.jobs.map((job) =>
        element(
          'p',
          { class: 'note' },
          swatch(job.system),
          `${job.title}${job.variant === 'twin' ? ', without the faults' : ''} · ${percent(Math.min(1, job.now / state.horizon))}`,
          element('progress', { max: state.horizon, value: job.now, 'aria-label': `${job.title} done` }),
        ),
      ),
    );
    const curves = state.jobs.map((job) => curveOf(job, state));
    for (const [index, curve] of curves.entries()) {
      const dataset = this.#chart?.data.datasets[index];
      if (dataset !== undefined) dataset.data = [...curve.points];
    }
    this.#chart?.update('none');
  }

  close(): void {
    this.#chart?.destroy();
    this.#chart = undefined;
  }

  #begin(state: LiveState): void {
    fill(this.#plot);
    fill(
      this.root,
      card(
        {
          title: 'Delivered within a minute',
          note: 'Share of expected deliveries by time of sending. Shaded: faults. Dotted: the same without the faults.',
        },
        this.#plot,
      ),
      card({ title: 'How far', width: 'half' }, this.#bars),
      card({ title: 'What happens', width: 'half' }, element('p', {}, state.description)),
    );
    const epochMs = Date.parse(state.epoch);
    const sendingEnd = state.bucketStart + state.bucketSeconds * state.expected.length;
    this.#chart = timeChart(this.#plot, {
      label: 'Delivered within a minute over time, by system',
      curves: state.jobs.map((job) => curveOf(job, state)),
      bands: state.faults.map(({ title, start, end }) => ({
        title,
        start: epochMs + start * 1_000,
        end: epochMs + end * 1_000,
      })),
      isNamed: true,
      yTitle: 'delivered within 1 min',
      yFormat: percent,
      yMax: 1,
      xRange: [epochMs + state.bucketStart * 1_000, epochMs + sendingEnd * 1_000],
    });
  }
}

function campaignProgress({ campaign }: WorkState): Child {
  if (campaign === undefined) return undefined;
  const { done, total, remainingSeconds } = campaign;
  const left = remainingSeconds === undefined ? '' : `, about ${durationInWords(remainingSeconds)} to go`;
  return card(
    { title: 'How far' },
    element('p', {}, `${done} of ${total} runs${left}`),
    element('progress', { max: total, value: done, 'aria-label': 'runs done' }),
  );
}

/** The view of one piece of work. */
export const liveView: View = (root, { path: [, number = ''] }) => {
  const id = Number(number);
  const picture = new LivePicture();
  const heading = element('h1', {}, 'Under way');
  const status = element('p', { class: 'note', role: 'status' });
  const connection = element('p', { class: 'verdict fails', role: 'status', hidden: true });
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const command = element('pre', {});
  const more = element('div', { class: 'grid' });
  let told: string | undefined;
  cancel.addEventListener('click', () => {
    cancel.disabled = true;
    api.cancel(id).catch((error: unknown) => {
      status.textContent = error instanceof Error ? error.message : String(error);
    });
  });
  let newest: WorkState | undefined;
  const show = (state: WorkState): void => {
    newest = state;
    connection.hidden = true;
    heading.textContent = state.title;
    command.textContent = state.command;
    const words = state.status === 'failed' ? `It failed: ${state.problem ?? ''}` : statusWords[state.status];
    // Said once: a status that is set again at every picture would be read out again.
    if (told !== words) status.textContent = told = words;
    cancel.hidden = hasEnded(state) || state.status === 'stopping';
    const result = resultAddress(state);
    fill(more, campaignProgress(state));
    if (result !== undefined) {
      // Back from the result should lead to where the run was asked for, not to a view that leads on by itself.
      location.replace(result);
      return;
    }
    if (state.live !== undefined) {
      if (!picture.root.isConnected) root.append(picture.root);
      picture.show(state.live);
    }
  };
  fill(root, heading, status, connection, command, element('p', {}, cancel), more);
  const stop = api.watch(id, show, (connected) => {
    connection.hidden = connected;
    connection.textContent = 'The connection to the server is lost; trying again. Is it still running?';
  });
  return {
    title: 'Under way',
    repaint: () => {
      picture.close();
      if (newest?.live !== undefined) picture.show(newest.live);
    },
    leave: () => {
      stop();
      picture.close();
    },
  };
};

/** The list of what was asked for since the server was started. */
export const liveListView: View = async (root) => {
  const works = await api.works();
  fill(
    root,
    element('h1', {}, 'Asked for here'),
    works.length === 0
      ? element(
          'p',
          {},
          'Nothing is under way. ',
          element('a', { href: '#/scenarios' }, 'Choose a scenario to run'),
          '.',
        )
      : table(
          'Runs and campaigns since the server was started, newest first.',
          [
            {
              title: 'what',
              cell: (work: WorkState) =>
                element(
                  'a',
                  { href: resultAddress(work) ?? addressOf(['live', String(work.id)]) },
                  work.title,
                ),
            },
            { title: 'command', cell: (work) => element('code', {}, work.command) },
            { title: 'state', cell: (work) => work.problem ?? work.status },
          ],
          works,
        ),
  );
  return { title: 'Asked for here' };
};
