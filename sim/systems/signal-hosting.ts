// Where a service like Signal is hosted, as data: the same cores on other ground, so that hosting and architecture can be
// told apart. None of it is published by its operator.
import type { Address } from '../../protocol/core.ts';
import type { ComponentId, Location } from '../world.ts';

/** One place that can serve everybody by itself. */
export interface Site {
  /** In the names of nodes and services; empty for the only one. */
  readonly suffix: string;
  readonly provider: string;
  readonly region: string;
  /** Component that everything here stands on. */
  readonly ground: ComponentId;
  /** Components that machines are spread over. */
  readonly zones: readonly ComponentId[];
  readonly loadBalancer: ComponentId;
  /** The load balancer is the operator's own, on the ground; otherwise the world has it. */
  readonly ownLoadBalancer: boolean;
  /** What must work for a machine to be launched. */
  readonly launching: readonly ComponentId[];
  /** The table store: the provider's service under its public name, or a cluster of the operator's own. */
  readonly tables: { readonly component: ComponentId; readonly name: Address; readonly managed: boolean };
}

/** A service of its own beside the chat service, and on whose ground. */
export interface OtherSite {
  readonly component: ComponentId;
  readonly provider: string;
  /** Where a component that the world does not have answers from; undefined when the world has it. */
  readonly place?: Location;
}

/** A whole hosting. The first site is the one that a client turns to first when two are as near. */
export interface Hosting {
  readonly sites: readonly Site[];
  readonly storage: OtherSite;
  readonly objects: OtherSite;
  readonly enclaves: OtherSite;
  readonly registration: OtherSite;
}

const id = (text: string): ComponentId => text as ComponentId;

function aws(region: string, suffix: string): Site {
  const ground = `aws/${region}`;
  return {
    suffix,
    provider: 'aws',
    region,
    ground: id(ground),
    zones: ['a', 'b', 'c'].map((zone) => id(`${ground}/${zone}`)),
    loadBalancer: id(`${ground}/nlb`),
    ownLoadBalancer: false,
    launching: [id(`${ground}/ec2-launch`), id(`${ground}/ec2-network`)],
    tables: {
      component: id(`${ground}/dynamodb`),
      name: `dynamodb.${region}.amazonaws.com` as Address,
      managed: true,
    },
  };
}

/** Machines of a provider with a database cluster and load balancers that the operator runs itself. */
function machines(ground: string, suffix: string): Site {
  const [provider = '', region = ''] = ground.split('/');
  return {
    suffix,
    provider,
    region,
    ground: id(ground),
    zones: [id(ground)],
    loadBalancer: id(`signal-load-balancer/${ground}`),
    ownLoadBalancer: true,
    launching: [],
    tables: { component: id(ground), name: `tables${suffix}.signal.internal` as Address, managed: false },
  };
}

const google: OtherSite = { component: id('google/us-central1'), provider: 'google-cloud' };

/** Cloudflare answers from near its clients; what matters here is whose it is. Placed in Virginia. */
const cloudflare: OtherSite = {
  component: id('cloudflare/r2'),
  provider: 'cloudflare',
  place: { latitude: 39.04, longitude: -77.49, country: 'US', anchorRegion: 'us-east-1' },
};

const azure: OtherSite = {
  component: id('azure/eastus'),
  provider: 'azure',
  place: { latitude: 37.37, longitude: -79.82, country: 'US', anchorRegion: 'us-east-1' },
};

const besideTheChatService = { storage: google, objects: cloudflare, enclaves: azure, registration: google };

/** As its source shows it, in one region that is assumed. */
export const oneRegion: Hosting = { sites: [aws('us-east-1', '')], ...besideTheChatService };

const scaleway: OtherSite = { component: id('scaleway/paris'), provider: 'scaleway' };

/** One data centre of one European provider, and another one for what stands beside the chat service. */
export const european: Hosting = {
  sites: [machines('hetzner/falkenstein', '')],
  storage: scaleway,
  objects: scaleway,
  enclaves: scaleway,
  registration: scaleway,
};

/** Two regions of one cloud, both at work, each able to serve everybody. */
export const twoRegions: Hosting = {
  sites: [aws('us-east-1', '-virginia'), aws('eu-central-1', '-frankfurt')],
  ...besideTheChatService,
};

/** The same over two clouds. */
export const twoClouds: Hosting = {
  sites: [aws('us-east-1', '-virginia'), machines('google/us-central1', '-iowa')],
  ...besideTheChatService,
};
