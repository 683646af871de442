// Signal's machines: chat instances behind a site's load balancer, what keeps their number, and the persister.
import type { Address } from '../../protocol/core.ts';
import { createAutoscaler, type FleetMember } from '../../protocol/signal/autoscaler.ts';
import { createChatService } from '../../protocol/signal/chat-service.ts';
import { createPersister } from '../../protocol/signal/persister.ts';
import { seconds } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { Component, ComponentId } from '../world.ts';
import type { Site } from './signal-hosting.ts';
import type { SignalParameters } from './signal-parameters.ts';
import { addChatEndpoint, addHost, backendsOf, internalZone, needs, ttlSeconds } from './signal-stores.ts';
import type { Deployment } from './system.ts';

const dayMs = 86_400_000;

/** The hours (UTC) in which the Americas and Europe are both awake. Assumed, like the fleet's plan as a whole. */
const isBusyHour = (hour: number): boolean => hour < 4 || hour >= 11;

/** A machine that can only be launched while the region's control plane works; running ones do not notice. */
function addInstance(deployment: Deployment, site: Site, name: string, index: number): ComponentId {
  const zone = site.zones[index % site.zones.length] ?? site.ground;
  const launching: Component['needs'] = site.launching.map((on) => ({ on, strength: 'start-up' }));
  const zoneName = zone === site.ground ? undefined : zone.slice(site.ground.length + 1);
  return addHost(deployment, site, name, [...needs(zone), ...launching], zoneName);
}

/** Persister, fleet and its keeper of one site. `other`: a site that has everything, too. */
export function addFleet(
  deployment: Deployment,
  parameters: SignalParameters,
  site: Site,
  other: Site | undefined,
): void {
  addPersister(deployment, parameters, site);
  const { busyInstances, quietInstances, spareInstances } = parameters;
  const plan = Array.from({ length: 24 }, (_, hour) => (isBusyHour(hour) ? busyInstances : quietInstances));
  const atStart = plan[Math.floor((deployment.world.epochWallMs % dayMs) / 3_600_000)] ?? busyInstances;
  const fleet = Math.max(busyInstances, quietInstances) + spareInstances;
  const members: FleetMember[] = [];
  const targets: { node: NodeIndex; part: string }[] = [];
  const backends = backendsOf(site);
  // Caches and limits are each site's own, and so is what tells of queues: it asks the other site by itself.
  const elsewhere = other && { queues: backendsOf(other).queues, tables: backendsOf(other).tables };
  for (let number = 1; number <= fleet; number++) {
    const machine = `chat${site.suffix}-${number}`;
    const name = `signal/${machine}`;
    const random = deployment.random(name);
    const costs = { send: parameters.sendCost, login: parameters.loginCost };
    // Machines that are not launched by the hour run all the time.
    const runsAtStart = number <= atStart || site.launching.length === 0;
    const node = deployment.addNode({
      name,
      component: addInstance(deployment, site, machine, number - 1),
      parts: {
        chat: createChatService({
          random,
          backends,
          costs,
          ...(elsewhere === undefined ? {} : { elsewhere }),
        }),
      },
      processors: parameters.processorsPerInstance,
      queue: parameters.queue,
      cache: parameters.cache,
      startsStopped: !runsAtStart,
    });
    const health = `${machine}.health.signal.internal` as Address;
    const target = { node, part: 'chat' };
    const endpoint = { dnsZone: internalZone(site), ttlSeconds: ttlSeconds.other };
    deployment.addEndpoint({ ...endpoint, loadBalancer: site.loadBalancer, name: health, targets: [target] });
    members.push({ node: name, health, runsAtStart });
    targets.push(target);
  }
  addChatEndpoint(deployment, site, targets);
  if (site.launching.length > 0) addAutoscaler(deployment, parameters, site, members, plan);
}

function addPersister(deployment: Deployment, parameters: SignalParameters, site: Site): void {
  const { queues, tables, 'pub-sub': pubSub } = backendsOf(site);
  const config = { queues, tables, pubSub, persistDelay: parameters.persistDelay };
  const name = `persister${site.suffix}-1`;
  deployment.addNode({
    name: `signal/${name}`,
    component: addInstance(deployment, site, name, 0),
    parts: { persister: createPersister(config) },
  });
}

function addAutoscaler(
  deployment: Deployment,
  { replaceAfter, gracePeriod }: SignalParameters,
  site: Site,
  members: readonly FleetMember[],
  plan: readonly number[],
): void {
  // A target group's defaults: a check each 10 s for TCP, out of service after two failures
  // (docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html).
  const healthCheck = { every: seconds(10), giveUpAfter: seconds(20), pingBytes: 66 };
  const core = createAutoscaler({ members, plan, healthCheck, replaceAfter, gracePeriod });
  const name = `autoscaler${site.suffix}`;
  const component = addHost(deployment, site, name, needs(site.ground));
  deployment.addNode({ name: `signal/${name}`, component, parts: { autoscaler: core } });
}
