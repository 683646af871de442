// The part of the world on which Signal stands, around the tiny world of the other tests.
import type { Component, ComponentId, Dependency, World } from '../../../sim/world.ts';
import { tinyWorld } from '../../support/worlds.ts';

const region = 'aws/us-east-1';

function component(
  id: string,
  kind: Component['kind'],
  needs: readonly string[],
  extra: object = {},
): Component {
  return {
    id: id as ComponentId,
    kind,
    attributes: { name: id.slice(id.lastIndexOf('/') + 1) },
    needs: needs.map((on): Dependency => ({ on: on as ComponentId, strength: 'hard' })),
    ...extra,
  };
}

/** The tiny world with one AWS region and the two push services. */
export function awsWorld(): World {
  const world = tinyWorld();
  const location = { latitude: 38.9, longitude: -77.4, country: 'US', anchorRegion: 'us-east-1' };
  const services = ['dynamodb', 'ec2-launch', 'ec2-network', 'nlb'];
  const added = [
    component('provider/aws', 'provider', []),
    component(region, 'region', ['provider/aws'], { location }),
    ...['a', 'b', 'c'].map((zone) => component(`${region}/${zone}`, 'zone', [region])),
    ...services.map((service) => component(`${region}/${service}`, 'service', [region])),
    component('dns/dynamodb.us-east-1.amazonaws.com', 'dns-zone', []),
    component('provider/apple', 'provider', []),
    component('provider/google', 'provider', []),
    component('apple/apns', 'service', ['provider/apple'], { location }),
    component('google/fcm', 'service', ['provider/google'], { location }),
  ];
  const near = { p50: 2, p90: 4 };
  const far = { p50: 80, p90: 90 };
  return {
    ...world,
    components: new Map([...world.components, ...added.map((each) => [each.id, each] as const)]),
    regionRoundTrips: new Map([
      [
        'eu-west-1',
        new Map([
          ['eu-west-1', near],
          ['us-east-1', far],
        ]),
      ],
      [
        'us-east-1',
        new Map([
          ['us-east-1', near],
          ['eu-west-1', far],
        ]),
      ],
    ]),
  };
}
