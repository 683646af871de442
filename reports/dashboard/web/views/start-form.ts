// The form that starts a run or a campaign. What it asks for is what the command line takes, and so are the objections.
import * as api from '../api.ts';
import { swatch } from '../colours.ts';
import { card, element, fill, type Child } from '../dom.ts';
import { addressOf } from '../router.ts';
import type { ScenarioSummary, SettableValue, WorkRequest } from '../../wire.ts';

interface Field {
  readonly row: HTMLElement;
  readonly input: HTMLInputElement;
}

function field(label: string, hint: string, attributes: Record<string, string | number>): Field {
  const id = String(attributes['id']);
  const input = element('input', { autocomplete: 'off', ...attributes, 'aria-describedby': `${id}-hint` });
  const row = element(
    'p',
    { class: 'field' },
    element('label', { for: id }, label),
    input,
    element('span', { class: 'hint', id: `${id}-hint` }, hint),
  );
  return { row, input };
}

/** Lines of text, one value each, as the options of the command line that may be given several times. */
function lines(
  label: string,
  hint: string,
  id: string,
): { readonly row: HTMLElement; readonly area: HTMLTextAreaElement } {
  const area = element('textarea', { id, rows: 2, spellcheck: 'false', 'aria-describedby': `${id}-hint` });
  const row = element(
    'p',
    { class: 'field wide' },
    element('label', { for: id }, label),
    area,
    element('span', { class: 'hint', id: `${id}-hint` }, hint),
  );
  return { row, area };
}

const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A list of all values, from which one can be taken into the overrides. */
function valuePicker(name: string, take: (value: SettableValue) => void): HTMLElement {
  const list = element('ul', { class: 'values plain' });
  const filter = element('input', { type: 'search', id: 'value-filter', autocomplete: 'off' });
  const status = element('p', { class: 'note', role: 'status' });
  let all: readonly SettableValue[] | undefined;
  const shown = 40;
  const show = (): void => {
    const found = (all ?? []).filter(({ path, meaning }) =>
      `${path} ${meaning}`.toLowerCase().includes(filter.value.toLowerCase()),
    );
    status.textContent = `${found.length} values${found.length > shown ? `, the first ${shown} shown` : ''}`;
    fill(
      list,
      ...found.slice(0, shown).map((value) => {
        const button = element('button', { type: 'button', class: 'plainbutton' }, value.path);
        button.addEventListener('click', () => take(value));
        const range = value.range === undefined ? '' : ` (plausible ${value.range[0]} to ${value.range[1]})`;
        return element(
          'li',
          {},
          button,
          ` = ${value.value} ${value.unit}${range}`,
          element('span', { class: 'hint' }, value.meaning),
        );
      }),
    );
  };
  filter.addEventListener('input', show);
  const details = element(
    'details',
    { class: 'wide' },
    element('summary', {}, 'What can be changed'),
    element('p', { class: 'field' }, element('label', { for: 'value-filter' }, 'Find a value'), filter),
    status,
    list,
  );
  details.addEventListener('toggle', () => {
    if (!details.open || all !== undefined) return;
    status.textContent = 'Loading…';
    api.values(name).then(
      (values) => {
        all = values;
        show();
      },
      (error: unknown) => (status.textContent = error instanceof Error ? error.message : String(error)),
    );
  });
  return details;
}

/** The form for one scenario; once the server has taken the work, the page goes on to watch it. */
export function startForm({ name, systems }: ScenarioSummary): Child {
  const seed = field('Seed', 'decides every chance of the run', {
    id: 'seed',
    type: 'number',
    min: 0,
    step: 1,
    value: 1,
  });
  const seeds = field('Seeds', 'such as 1..20 or 7,11,20..29; fewer than 20 bear no interval', {
    id: 'seeds',
    value: '1..20',
  });
  const set = lines('Changes', 'one path=value a line, such as people.count=60 or faults=[]', 'set');
  const vary = lines('Vary', 'one path=a,b,c or path=lo..hi:n a line; every combination is run', 'vary');
  const alert = element('pre', { class: 'objection', role: 'alert', hidden: true });
  const button = element('button', { type: 'submit', class: 'primary' }, 'Run it');
  const kind = (value: string, label: string, checked: boolean): HTMLLabelElement =>
    element(
      'label',
      { class: 'choice' },
      element('input', { type: 'radio', name: 'kind', value, checked }),
      label,
    );
  const form = element(
    'form',
    { class: 'startform' },
    element(
      'fieldset',
      { class: 'wide' },
      element('legend', {}, 'What to make'),
      kind('run', 'one run, one seed', true),
      kind('campaign', 'a campaign: many seeds, with intervals', false),
    ),
    element(
      'fieldset',
      { class: 'wide' },
      element('legend', {}, 'Systems'),
      ...systems.map(({ id, title }) =>
        element(
          'label',
          { class: 'choice' },
          element('input', { type: 'checkbox', name: 'system', value: id, checked: true }),
          swatch(id),
          title,
        ),
      ),
    ),
    seed.row,
    seeds.row,
    set.row,
    vary.row,
    valuePicker(name, ({ path, value }) => {
      set.area.value = [...linesOf(set.area.value), `${path}=${value}`].join('\n');
      set.area.focus();
    }),
    alert,
    element('p', { class: 'wide' }, button),
  );
  const chosenKind = (): 'run' | 'campaign' =>
    new FormData(form).get('kind') === 'campaign' ? 'campaign' : 'run';
  const fit = (): void => {
    const isCampaign = chosenKind() === 'campaign';
    seed.row.hidden = isCampaign;
    seeds.row.hidden = !isCampaign;
    vary.row.hidden = !isCampaign;
    button.textContent = isCampaign ? 'Run the campaign' : 'Run it';
  };
  form.addEventListener('change', fit);
  fit();
  const request = (): WorkRequest => {
    const chosen = new FormData(form).getAll('system').map(String);
    const common = {
      scenario: name,
      set: linesOf(set.area.value),
      ...(chosen.length === systems.length ? {} : { systems: chosen }),
    };
    return chosenKind() === 'run'
      ? { kind: 'run', ...common, seed: seed.input.valueAsNumber }
      : { kind: 'campaign', ...common, seeds: seeds.input.value, vary: linesOf(vary.area.value) };
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    alert.hidden = true;
    button.disabled = true;
    api.start(request()).then(
      ({ id }) => (location.hash = addressOf(['live', String(id)])),
      (error: unknown) => {
        button.disabled = false;
        alert.textContent = error instanceof Error ? error.message : String(error);
        alert.hidden = false;
      },
    );
  });
  return card({ title: 'Run it here', width: 'half', isForScreen: true }, form);
}
