// A resolver for `netsplit resolve --subject -- node examples/resolver-template.mjs`, in whatever language yours is:
// one JSON problem per line on standard input, one answer per line on standard output, in the same order, until input ends.
// Whatever you want to log goes to standard error. docs/search.md says what the fields mean.
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { id, room_version, events, state_sets, rejected } = JSON.parse(line);
  const resolved_state = resolve({ room_version, events, state_sets, rejected });
  process.stdout.write(`${JSON.stringify({ id, resolved_state })}\n`);
}

/** Replace this by a call of your implementation. It returns the ids of the events of the resolved state, in any order. */
function resolve({ events, state_sets }) {
  // Events in an order in which causes come first. Each has event_id, type, state_key, sender, content, prev_events,
  // auth_events (plain lists of ids in every room version), depth, origin_server_ts. They are sketches: take event_id as
  // it stands, and check neither hashes nor signatures.
  const byId = new Map(events.map((event) => [event.event_id, event]));
  const keyOf = (id) => `${byId.get(id).type}\0${byId.get(id).state_key}`;

  // Each state set is a list of event ids: one state of the room. What they agree on stands.
  const states = state_sets.map((ids) => new Map(ids.map((each) => [keyOf(each), each])));
  const keys = new Set(states.flatMap((state) => [...state.keys()]));
  const resolved = [];
  for (const key of keys) {
    const candidates = [...new Set(states.map((state) => state.get(key)))].filter(
      (each) => each !== undefined,
    );
    // This is where state resolution would begin; the newest of the candidates is wrong often enough to be found.
    const [newest] = candidates.sort(
      (left, right) => byId.get(right).origin_server_ts - byId.get(left).origin_server_ts,
    );
    resolved.push(newest);
  }
  return resolved;
}
