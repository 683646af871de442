// What is told of one node or one message.
import { element, fill } from '../dom.ts';

/** A panel in which the state of a node or the story of a message is told. */
export class CloserLook {
  readonly root = element('div', { class: 'closer', 'aria-live': 'polite' });
  #number = 0;

  async show(
    title: string,
    ask: () => Promise<readonly string[]>,
    downloads: readonly { readonly href: string; readonly words: string }[] = [],
  ): Promise<void> {
    const number = ++this.#number;
    fill(
      this.root,
      element('h3', {}, title),
      element('p', { class: 'note' }, 'Simulating the run again up to there…'),
    );
    let lines: readonly string[];
    try {
      lines = await ask();
    } catch (error) {
      lines = [error instanceof Error ? error.message : String(error)];
    }
    if (number === this.#number)
      fill(
        this.root,
        element('h3', {}, title),
        element('pre', {}, lines.join('\n')),
        downloads.length > 0 &&
          element(
            'p',
            { class: 'row' },
            ...downloads.map(({ href, words }) => element('a', { href, download: true }, words)),
          ),
      );
  }
}
