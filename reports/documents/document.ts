// A report before it has a form: blocks that become HTML or Markdown.

/** Part of a report. Texts are plain: whatever form they take makes them harmless. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  /** What must not be missed when the figures are quoted. */
  | { readonly kind: 'caveat'; readonly lines: readonly string[] }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | { readonly kind: 'chart'; readonly svg: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'folded'; readonly title: string; readonly blocks: readonly Block[] };

/** The pieces of a text: names between backticks, such as `people.count`, and what lies around them. */
export function partsOf(text: string): readonly { readonly text: string; readonly isName: boolean }[] {
  return text
    .split(/`([\w.-]+)`/)
    .map((part, index) => ({ text: part, isName: index % 2 === 1 }))
    .filter((part) => part.text !== '');
}

/** A whole report. */
export interface ReportDocument {
  readonly title: string;
  readonly blocks: readonly Block[];
  /** What `netsplit verify` needs to compute every figure again: JSON. */
  readonly data: object;
}
