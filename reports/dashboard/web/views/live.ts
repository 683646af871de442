// A run under way: how far each simulation is, and the curves so far.
import { percent } from '../../../figures-in-words.ts';
import type { LiveJob, LiveState } from '../../wire.ts';
import { timeChart, type Curve } from '../charts.ts';
import { shareCurve } from '../curves.ts';
import { card, element } from '../dom.ts';
import { swatch } from './run-list.ts';

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

/** Draws into a page and redraws at every picture. */
export class LiveView {
  readonly root = element('div');
  readonly #plot = element('div', { class: 'plot tall' });
  readonly #bars = element('div');
  readonly #status = element('p', { class: 'note', role: 'status' });
  #chart: ReturnType<typeof timeChart> | undefined;
  #title: string | undefined;

  show(state: LiveState): void {
    if (this.#title !== state.title) this.#begin(state);
    this.#status.textContent =
      state.status === 'failed'
        ? `The run failed: ${state.problem ?? ''}`
        : `Seed ${state.seed}. Each system runs alone; the curves grow as virtual time advances.`;
    this.#bars.replaceChildren(
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
    this.#draw(state);
  }

  close(): void {
    this.#chart?.destroy();
  }

  #begin(state: LiveState): void {
    this.#title = state.title;
    this.root.replaceChildren(
      element('h1', {}, state.title),
      this.#status,
      element(
        'div',
        { class: 'grid' },
        card(
          {
            title: 'Delivered within a minute',
            note: 'Share of expected deliveries by time of sending. Shaded: faults. Dotted: the same without the faults.',
          },
          this.#plot,
        ),
        card({ title: 'How far', width: 'half' }, this.#bars),
        card(
          { title: 'What happens', width: 'half' },
          element('p', {}, state.description),
          element('pre', {}, state.reproduce),
        ),
      ),
    );
  }

  #draw(state: LiveState): void {
    const epochMs = Date.parse(state.epoch);
    const curves = state.jobs.map((job) => curveOf(job, state));
    if (this.#chart === undefined) {
      const sendingEnd = state.bucketStart + state.bucketSeconds * state.expected.length;
      this.#chart = timeChart(this.#plot, {
        label: 'Delivered within a minute over time, by system',
        curves,
        bands: state.faults.map(({ title, start, end }) => ({
          title,
          start: epochMs + start * 1_000,
          end: epochMs + end * 1_000,
        })),
        yTitle: 'delivered within 1 min',
        yFormat: percent,
        yMax: 1,
        xRange: [epochMs + state.bucketStart * 1_000, epochMs + sendingEnd * 1_000],
      });
      return;
    }
    for (const [index, curve] of curves.entries()) {
      const dataset = this.#chart.data.datasets[index];
      if (dataset !== undefined) dataset.data = [...curve.points];
    }
    this.#chart.update('none');
  }
}
