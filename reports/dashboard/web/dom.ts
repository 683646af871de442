// Building page elements. Text only ever becomes text nodes: nothing from a scenario or a run is read as HTML.

/** A child of an element: another element, text, or nothing. */
export type Child = Node | string | number | undefined | false;

/** Attributes by name; `class` for classes. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children)
    if (child !== undefined && child !== false)
      made.append(typeof child === 'number' ? String(child) : child);
  return made;
}

/** A card of the page: heading, explanation, content. */
export function card(
  options: { title: string; note?: string; width?: 'half' | 'third' | 'chart'; isForScreen?: boolean },
  ...children: readonly Child[]
): HTMLElement {
  return element(
    'section',
    { class: `card ${options.width ?? ''}${options.isForScreen === true ? ' noprint' : ''}` },
    element('h2', {}, options.title),
    options.note !== undefined && element('p', { class: 'note' }, options.note),
    ...children,
  );
}

/** One column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly number?: boolean;
  cell(row: Row): Child;
}

/** A table with a caption, scrollable by itself on small screens. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): HTMLElement {
  const kind = (column: Column<Row>): Attributes => (column.number === true ? { class: 'number' } : {});
  return element(
    'div',
    { class: 'tablewrap', tabindex: 0, role: 'region', 'aria-label': caption },
    element(
      'table',
      // With many columns it is scrolled rather than squeezed.
      columns.length > 4 ? { class: 'many' } : {},
      element('caption', {}, element('span', {}, caption)),
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...columns.map((column) => element('th', { scope: 'col', ...kind(column) }, column.title)),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows.map((row) =>
          element('tr', {}, ...columns.map((column) => element('td', kind(column), column.cell(row)))),
        ),
      ),
    ),
  );
}

/** An element of a drawing. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
  for (const child of children)
    if (child !== undefined && child !== false)
      made.append(typeof child === 'number' ? String(child) : child);
  return made;
}

/** Puts children into a place, instead of what was there. */
export function fill(place: Element, ...children: readonly Child[]): void {
  place.replaceChildren(
    ...children
      .filter((child) => child !== undefined && child !== false)
      .map((child) => (typeof child === 'number' ? String(child) : child)),
  );
}
