// A contact trace in memory: who comes into and goes out of whose range when, in columns.

/** Changes of contact in order of time; those of one instant in the order of the source. */
export interface ContactTrace {
  /** Names of the nodes; a node is a place in this list. */
  readonly nodes: readonly string[];
  /** Microseconds since the trace's own time 0, never less than in the row before. */
  readonly at: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1: the contact begins. 0: it ends. */
  readonly begins: Uint8Array;
}
