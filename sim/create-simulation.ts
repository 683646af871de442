// One system on one world, with the real surroundings: the Internet, radio, and the health of the world.
import type { CreateSurroundings } from './host/surroundings.ts';
import { healthAssumptions } from './infrastructure/health.ts';
import { networkAssumptions } from './network/assumptions.ts';
import { createInternet } from './network/create-internet.ts';
import type { ObservationSink } from './observation.ts';
import { LocalNetworks } from './radio/local-network.ts';
import {
  localNetworkAssumptions,
  localNetworkParameters,
  sharesRouters,
} from './radio/local-network-parameters.ts';
import { Nearby } from './radio/nearby.ts';
import { radioAssumptions, radioParameters } from './radio/radio-parameters.ts';
import { createRadioFaults } from './radio/radio-faults.ts';
import { createRadio } from './radio/bluetooth-radio.ts';
import { createSimulationIn, type TracedSimulation } from './running-simulation.ts';
import type { SimulationPlan } from './simulation.ts';

const createSurroundings: CreateSurroundings = ({ host, plan, world, nodes, causes, accessOf }) => {
  const created = createInternet({
    host,
    world,
    workload: plan.workload,
    faults: plan.faults,
    actions: plan.actions,
    nodes,
    causes,
    perturb: plan.perturb,
    accessOf,
  });
  const { internet, health, field, clocks, stations, conduct, pushWays } = created;
  const { workload } = plan;
  const bluetooth = plan.system.usesRadio
    ? createRadio({
        host,
        workload,
        nodes,
        faults: createRadioFaults({ field, scheduler: host.scheduler, stations }),
        parameters: radioParameters(plan.parameters, plan.system.radioDefaults),
      })
    : undefined;
  const parameters = localNetworkParameters(plan.parameters);
  const hasLocalNetworks = plan.system.usesLocalNetworks === true && sharesRouters(parameters);
  const radio =
    bluetooth !== undefined && hasLocalNetworks
      ? new Nearby(bluetooth, new LocalNetworks({ host, workload, world, nodes, health, parameters }))
      : bluetooth;
  return {
    health,
    internet,
    radio,
    operate: (machines, listener) => created.operate(machines, listener),
    load: (arrived) => created.load(arrived),
    clocks,
    conduct,
    pushWays,
    settle() {
      internet.settle();
      radio?.settle();
    },
    faultContacts: () => field.contacts(),
    touched: () => created.touched(),
    assumptions: [
      ...networkAssumptions,
      ...healthAssumptions,
      ...(radio === undefined ? [] : radioAssumptions),
      ...(hasLocalNetworks ? localNetworkAssumptions : []),
    ],
  };
};

/** Deploys the plan's system and begins. The twin of a run is the same plan without faults. */
export function createSimulation(plan: SimulationPlan, sink: ObservationSink): TracedSimulation {
  return createSimulationIn(createSurroundings, plan, sink);
}
