// The messages of a replay in memory, in columns.

/** Who writes to whom when, in order of time. */
export interface MessageList {
  readonly ids: readonly string[];
  /** Microseconds on the clock of the contact trace. */
  readonly at: Float64Array;
  /** Places in the trace's list of nodes. */
  readonly source: Int32Array;
  readonly destination: Int32Array;
  readonly bytes: Float64Array;
}
