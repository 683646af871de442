// Two experimental room versions, to be tried on any room:
//
//     npx netsplit resolve room.json --room-module examples/room-versions.ts --room-version org.example.empty-start
//
// docs/matrix-rooms.md explains what a room module may do.
import type { ExperimentKit } from '../protocol/matrix/experiment-kit.ts';
import type { RoomVersionRules } from '../protocol/matrix/room-version.ts';

/** A room module exports this function. It is given what netsplit is made of, and needs no imports but types. */
export function roomVersions(kit: ExperimentKit): readonly RoomVersionRules[] {
  const v11 = kit.specified('11');
  return [
    // The first half of state resolution 2.1 without the second: the checks begin with nothing, but the conflicted
    // state subgraph is left out. Beside v2 and v2.1 it shows which half of that change decides a merge.
    kit.derive(v11, 'org.example.empty-start', {
      stateResolution: {
        name: 'v2 from nothing',
        resolve: (states, context) => {
          const rules = { ...context.rules, stateResolution: 'v2' as const };
          const graph = new kit.AuthGraph({ ...context, rules });
          const split = kit.splitConflicted(states);
          const full = kit.fullConflictedSet(states, split, graph);
          const powerEvents = full.members.filter((number) => kit.isPowerEvent(graph.event(number), rules));
          const power = kit.reverseTopologicalPowerOrdering(powerEvents, full, graph);
          const state = new kit.PartialState(() => kit.noEvent);
          kit.iterativeAuthChecks(power, state, graph, 'power');
          const settled = new Set(power);
          const others = full.members.filter((number) => !settled.has(number));
          const ordered = kit.mainlineOrdering(others, state.get(kit.powerLevelsKey), graph);
          kit.iterativeAuthChecks(ordered, state, graph, 'mainline');
          return kit.withUnconflicted(states[0] ?? kit.StateMap.empty, split, state.resolved(), graph);
        },
      },
    }),

    // An authorisation rule of its own, on top of those of version 11: who bans must say why.
    kit.derive(v11, 'org.example.reasoned-bans', {
      authRules: {
        stateDependent: (event, _state, specified) => {
          const outcome = specified();
          if (!outcome.ok || event.type !== 'm.room.member' || event.content['membership'] !== 'ban')
            return outcome;
          const { reason } = event.content;
          return typeof reason === 'string' && reason !== ''
            ? outcome
            : kit.reject('org.example.ban.no-reason', 'a ban must give a reason');
        },
      },
    }),
  ];
}
