// The part of d3-sankey that the page uses; the package brings no types.
declare module 'd3-sankey' {
  /** A node once it is laid out. */
  export interface LaidNode {
    readonly id: string;
    readonly x0: number;
    readonly x1: number;
    readonly y0: number;
    readonly y1: number;
    readonly value: number;
  }
  /** A link once it is laid out. */
  export interface LaidLink {
    readonly source: LaidNode;
    readonly target: LaidNode;
    readonly value: number;
    readonly width: number;
    readonly y0: number;
    readonly y1: number;
  }
  interface Graph {
    readonly nodes: { id: string }[];
    readonly links: { source: string; target: string; value: number }[];
  }
  interface Layout {
    (graph: Graph): { readonly nodes: readonly LaidNode[]; readonly links: readonly LaidLink[] };
    nodeId(id: (node: { id: string }) => string): this;
    nodeWidth(width: number): this;
    nodePadding(padding: number): this;
    extent(extent: [[number, number], [number, number]]): this;
  }
  export function sankey(): Layout;
  export function sankeyLinkHorizontal(): (link: LaidLink) => string | null;
}
