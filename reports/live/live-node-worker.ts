// The program of a live node's process: compiles the scenario for itself, and becomes the node that it is told to be. Its one
// argument is the folder of the run.
import { rmSync } from 'node:fs';
import { compileScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { endingSignals, type NodeSetup, type ToNode } from '../../sim/live/ipc.ts';
import { runNodeProcess, type Coordinator } from '../../sim/live/node-program.ts';
import { systems } from '../../sim/systems/registry.ts';
import { present } from '../../protocol/assert.ts';
import { simulationPlan } from '../simulation-plan.ts';

/** The first message to the process. */
export interface LiveTask {
  readonly scenario: ScenarioText;
  readonly seed: number;
  readonly system: string;
  readonly setup: NodeSetup;
}

const [, , folder = ''] = process.argv;

// Ctrl-C in a terminal, and its end, reach every process of the group, as does whoever ends all processes of a service: the
// coordinator ends this one in order.
for (const signal of endingSignals) process.on(signal, () => undefined);

/** The coordinator is gone without a word, and nobody is left who would tidy up. */
function leave(): void {
  rmSync(folder, { recursive: true, force: true });
  process.exit(1);
}
process.on('disconnect', leave);
if (!process.connected) leave();

const waiting: ToNode[] = [];
let take: (message: ToNode) => void = (message) => void waiting.push(message);

function become({ scenario, seed, system, setup }: LiveTask): void {
  const compiled = compileScenario(scenario);
  const plan = simulationPlan({
    compiled,
    workload: compiled.workload(String(seed)),
    seed,
    system: present(systems.get(system), `system ${system}`),
    variant: 'run',
  });
  const coordinator: Coordinator = {
    send(message) {
      if (process.connected) process.send?.(message);
    },
    onMessage(listener) {
      take = listener;
      for (const message of waiting.splice(0)) listener(message);
    },
    exit: () => process.exit(0),
  };
  void runNodeProcess(plan, setup, coordinator);
}

process.once('message', (task) => {
  process.on('message', (message) => take(message as ToNode));
  become(task as LiveTask);
});
