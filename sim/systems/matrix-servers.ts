// Where homeservers stand, who has an account on which, and what each of them depends on.
import { assert, present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { NodeIndex } from '../observation.ts';
import type { Component, ComponentId, ListedServer, World } from '../world.ts';
import { exp, ln } from '../random/elementary.ts';
import type { PublicParameters } from './matrix-parameters.ts';
import type { Deployment } from './system.ts';

/** The server that most applications offer first. */
export const matrixOrg = 'matrix.org' as ServerName;

/** Beeper's own: whoever has an account there uses Beeper's client. Where it stands is not published. */
export const beeperServer = 'beeper.com' as ServerName;

/** "Bare metal at Mythic Beasts": https://matrix.org/blog/2025/10/post-mortem/ */
export const matrixOrgSite = 'mythic-beasts/cambridge' as ComponentId;
const balancedRegion = 'aws/us-east-1' as ComponentId;

/** Time to live of a homeserver's address records. Assumed: a common default (300 to 86,400 s). */
export const addressTtlSeconds = 3_600;

/** One homeserver before anybody uses it. */
export interface ServerPlan {
  readonly name: ServerName;
  readonly site: ComponentId;
  /** In front of it. */
  readonly loadBalancer: ComponentId | undefined;
  readonly people: readonly PersonId[];
  /** Whose federation it speaks; by the share of Dendrite when left out. */
  readonly software?: ListedServer['software'];
  /** How it is found when it is not where its name is. */
  readonly delegation?: ListedServer['delegation'];
}

/** Item numbers 0 to count - 1 by their draws: the order decides who is in which share. */
function byDraw(deployment: Deployment, purpose: string, count: number): readonly number[] {
  const draws = Array.from({ length: count }, (_, index) => deployment.exogenous(purpose, index));
  return draws
    .map((_, index) => index)
    .sort((left, right) => (draws[left] ?? 0) - (draws[right] ?? 0) || left - right);
}

/** Gives each of `count` items one of the shares, so that every share is met as nearly as whole items allow. */
function stratify(order: readonly number[], shares: readonly number[]): readonly number[] {
  let total = 0;
  for (const share of shares) total += share;
  assert(total > 0, 'shares of a whole are positive');
  const chosen: number[] = [];
  let share = 0;
  let until = shares[0] ?? 0;
  for (const [rank, item] of order.entries()) {
    const position = ((rank + 0.5) / order.length) * total;
    while (position >= until && share < shares.length - 1) until += shares[++share] ?? 0;
    chosen[item] = share;
  }
  return chosen;
}

/** 1 / rank^exponent, for whole and broken exponents. */
function zipfWeight(rank: number, exponent: number): number {
  return exp(-exponent * ln(rank));
}

function hostingSites(deployment: Deployment, count: number, purpose: string): readonly ComponentId[] {
  const { hosting } = deployment.world;
  const order = byDraw(deployment, purpose, count);
  const chosen = stratify(
    order,
    hosting.map(({ share }) => share),
  );
  return chosen.map((site) => present(hosting[site], 'hosting site').site);
}

/** The listed servers, and the notary of those that have not chosen another one. */
export function withNotary(servers: readonly ServerPlan[], isAsked: boolean): readonly ServerPlan[] {
  if (!isAsked || servers.some(({ name }) => name === matrixOrg)) return servers;
  return [...servers, { name: matrixOrg, site: matrixOrgSite, loadBalancer: undefined, people: [] }];
}

/** The servers that the scenario lists: the people of each city are on them in the listed proportions. */
export function listedServers(
  deployment: Deployment,
  servers: readonly ListedServer[],
): readonly ServerPlan[] {
  const peopleOf = servers.map((): PersonId[] => []);
  for (const { name } of deployment.world.cities) {
    const people = deployment.workload.people.filter(({ city }) => city.name === name).map(({ id }) => id);
    const fromHere = servers.map(({ usersFrom }) => usersFrom?.[name] ?? 0);
    const shares = fromHere.some((users) => users > 0) ? fromHere : servers.map(({ users }) => users);
    const serverOf = stratify(byDraw(deployment, `matrix-server/${name}`, people.length), shares);
    for (const [row, person] of people.entries()) peopleOf[serverOf[row] ?? 0]?.push(person);
  }
  return servers.map(({ name, site, software, delegation }, index) => ({
    name: name as ServerName,
    site,
    loadBalancer: undefined,
    people: peopleOf[index] ?? [],
    software,
    ...(delegation === undefined ? {} : { delegation }),
  }));
}

/** Every server with its people. The same person is on the same server in every run of a seed, whatever fails. */
export function planServers(deployment: Deployment, parameters: PublicParameters): readonly ServerPlan[] {
  const others = Math.max(1, Math.round(parameters.servers) - 1);
  const sites = hostingSites(deployment, others, 'matrix-site');
  const websites =
    parameters.wellKnownShare > 0 ? hostingSites(deployment, others + 1, 'matrix-web-site') : [];
  const weights = sites.map((_, index) => zipfWeight(index + 1, parameters.sizeExponent));
  let weightOfOthers = 0;
  for (const weight of weights) weightOfOthers += weight;
  const { matrixOrgShare, beeperShare } = parameters;
  const shareOfOthers = Math.max(0, 1 - matrixOrgShare - beeperShare);
  const shares = [
    matrixOrgShare,
    ...weights.map((weight) => (shareOfOthers * weight) / weightOfOthers),
    ...(beeperShare > 0 ? [beeperShare] : []),
  ];
  const people = deployment.workload.people.map(({ id }) => id);
  const serverOf = stratify(byDraw(deployment, 'matrix-server', people.length), shares);
  const peopleOf = shares.map((): PersonId[] => []);
  for (const person of people) peopleOf[serverOf[person] ?? 0]?.push(person);
  const nameOf = (index: number): ServerName => {
    if (index === 0) return matrixOrg;
    return index > others
      ? beeperServer
      : (`homeserver-${String(index).padStart(2, '0')}.example` as ServerName);
  };
  return shares.map((_, index): ServerPlan => {
    // Beeper's stands somewhere as others do: its site is the first drawn.
    const site = index === 0 ? matrixOrgSite : present(sites[index - 1] ?? sites[0], 'site of a server');
    const balanced =
      site === balancedRegion &&
      deployment.exogenous('matrix-balanced', index) < parameters.loadBalancedShare;
    return {
      name: nameOf(index),
      site,
      loadBalancer: balanced ? (`${balancedRegion}/nlb` as ComponentId) : undefined,
      people: peopleOf[index] ?? [],
      ...(index > 0 && deployment.exogenous('matrix-delegated', index) < parameters.wellKnownShare
        ? { delegation: { by: 'well-known', site: present(websites[index - 1], 'site of a web server') } }
        : {}),
    };
  });
}

/** The zone of a cloud region in which a machine stands, or the site itself where there are no zones. */
function placeOf(deployment: Deployment, world: World, site: ComponentId, host: string): ComponentId {
  const zones = ['a', 'b', 'c'].map((zone) => `${site}/${zone}` as ComponentId);
  const present = zones.filter((zone) => world.components.has(zone));
  const draw = deployment.exogenous('matrix-zone', host);
  return present[Math.floor(draw * present.length)] ?? site;
}

/** A machine of the system at a site, and the zone that answers for its name. */
export function addHost(deployment: Deployment, host: string, site: ComponentId): ComponentId {
  const id = addMachine(deployment, host, site);
  addNameComponent(deployment, 'dns-zone', `dns/${host}`, host);
  addNameComponent(deployment, 'certificate', `cert/${host}`, host);
  return id;
}

function addNameComponent(deployment: Deployment, kind: Component['kind'], id: string, name: string): void {
  deployment.addComponent({ id: id as ComponentId, kind, attributes: { name, system: 'matrix' }, needs: [] });
}

/** A machine of the system at a site. */
export function addMachine(deployment: Deployment, host: string, site: ComponentId): ComponentId {
  const { world } = deployment;
  const place = placeOf(deployment, world, site, host);
  const { provider, region, zone } = present(world.components.get(place), `component ${place}`).attributes;
  const id = `host/${host}` as ComponentId;
  const where = Object.entries({ provider, region, zone }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  deployment.addComponent({
    id,
    kind: 'host',
    attributes: { ...Object.fromEntries(where), host, system: 'matrix' },
    needs: [{ on: place, strength: 'hard' }],
  });
  return id;
}

/** The public name of a machine. */
export function addName(
  deployment: Deployment,
  host: string,
  target: { readonly node: NodeIndex; readonly part: string },
  loadBalancer?: ComponentId,
): void {
  deployment.addEndpoint({
    name: host as Address,
    dnsZone: `dns/${host}` as ComponentId,
    ttlSeconds: addressTtlSeconds,
    certificate: `cert/${host}` as ComponentId,
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    targets: [target],
  });
}
