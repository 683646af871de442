// Apple's and Google's push services as nodes of a system's copy of the world.
import { createPushService, pushServices } from '../../protocol/push.ts';
import type { ComponentId } from '../world.ts';
import type { Deployment } from './system.ts';

const platforms = [
  { name: 'apns', endpoint: pushServices.ios, service: 'apple/apns', provider: 'apple' },
  { name: 'fcm', endpoint: pushServices.android, service: 'google/fcm', provider: 'google' },
] as const;

/** Time to live of the services' address records. Assumed: both publish minutes, not hours. */
const addressTtlSeconds = 300;

/**
 * Adds both push services under their public names. Their codec is `pushCodec`, prefix `push`;
 * a device's token is the name of its node.
 */
export function addPushServices(deployment: Deployment): void {
  for (const { name, endpoint, service, provider } of platforms) {
    const dnsZone = `dns/${endpoint}` as ComponentId;
    if (!deployment.world.components.has(dnsZone)) {
      deployment.addComponent({
        id: dnsZone,
        kind: 'dns-zone',
        attributes: { name: endpoint, provider },
        needs: [],
      });
    }
    const node = deployment.addNode({
      name: `push/${name}`,
      component: service as ComponentId,
      parts: { push: createPushService },
      // Both platforms serve billions of devices: their processors are never the bottleneck of one messenger's sample.
      processors: 64,
    });
    deployment.addEndpoint({
      name: endpoint,
      dnsZone,
      ttlSeconds: addressTtlSeconds,
      targets: [{ node, part: 'push' }],
    });
  }
  deployment.assume({
    path: 'push.addressTtlSeconds',
    value: addressTtlSeconds,
    unit: 's',
    meaning: 'how long resolvers keep the addresses of the push services',
    range: [60, 3_600],
  });
}
