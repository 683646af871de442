// Bitchat as its users have it: the mesh, and Nostr relays on the Internet for friends who are not on it.
import { bitchatCodec } from '../../protocol/bitchat/codec.ts';
import { nostr as constants } from '../../protocol/bitchat/constants.ts';
import { nostrIdentity, type NostrIdentity } from '../../protocol/bitchat/nostr/event.ts';
import { createRelay } from '../../protocol/bitchat/nostr/relay.ts';
import type { NostrConfig } from '../../protocol/bitchat/nostr/transport.ts';
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import type { PersonId } from '../../protocol/message.ts';
import type { ComponentId, Location } from '../world.ts';
import { deployPhones, meshDescription, meshWithoutTask, type Directory } from './bitchat.ts';
import type { Deployment, System } from './system.ts';

const id = 'bitchat-nostr';

/** Where each of the built-in relays stands is not published. Assumed: machines of four operators on two continents. */
const regions = ['us-east-2', 'eu-central-1', 'us-west-2', 'eu-west-1'];

/** Such a place: where a cloud has a region, without needing that cloud. */
function locationNear(deployment: Deployment, region: string): Location {
  const { components } = deployment.world;
  return present(components.get(`aws/${region}` as ComponentId)?.location, `where ${region} is`);
}

function addRelays(deployment: Deployment): void {
  for (const [index, name] of constants.relays.entries()) {
    const region = present(regions[index], `a place for ${name}`);
    const host = `host/nostr/${name}` as ComponentId;
    const zone = `dns/${name}` as ComponentId;
    const attributes = { system: id, provider: name };
    const location = locationNear(deployment, region);
    deployment.addComponent({
      id: zone,
      kind: 'dns-zone',
      attributes: { ...attributes, name },
      needs: [],
    });
    deployment.addComponent({
      id: host,
      kind: 'host',
      attributes: { ...attributes, host: name },
      location,
      needs: [{ on: `country/${location.country}` as ComponentId, strength: 'hard' }],
    });
    const node = deployment.addNode({
      name: `relay/${name}`,
      component: host,
      parts: { relay: createRelay() },
    });
    const targets = [{ node, part: 'relay' }];
    deployment.addEndpoint({ name: name as Address, dnsZone: zone, ttlSeconds: 300, targets });
  }
  deployment.assume({
    path: `systems.${id}.relays`,
    value: regions.join(', '),
    unit: '',
    meaning: `where ${constants.relays.join(', ')} stand; not published`,
  });
}

/** Everybody's keys; friends exchanged them with their first messages. */
function nostrOf(deployment: Deployment, directory: Directory): (person: PersonId) => NostrConfig {
  const people = new Map<string, PersonId>();
  const identities = deployment.workload.people.map(({ id: person }): NostrIdentity => {
    const identity = nostrIdentity(deployment.random(`nostr-key/${person}`).bytes(32));
    people.set(identity.publicKey, person);
    return identity;
  });
  const identityOf = (person: PersonId): NostrIdentity =>
    present(identities[person], `the Nostr identity of person ${person}`);
  return (person) => ({
    identity: identityOf(person),
    relays: constants.relays,
    contact(publicKey) {
      const author = people.get(publicKey);
      return author === undefined ? undefined : directory.contact(person, directory.identity(author).peerId);
    },
    publicKeyOf: ({ peerId }) => identityOf(present(directory.personOf(peerId), 'a friend')).publicKey,
  });
}

/** Bitchat with its way over the Internet. */
export const bitchatNostr: System = {
  id,
  title: 'Bitchat with Nostr',
  description:
    `${meshDescription} Here private messages for friends who are not heard on the mesh go to four Nostr relays as ` +
    'gift wraps, wait there for a day, and are acknowledged the same way; while no relay can be reached they wait in a ' +
    'queue and are given to couriers as well. Relays know neither authors nor words. Stood in for: secp256k1 and ' +
    'XChaCha20 by X25519 and ChaCha20, signatures of events by hashes of the same length. Left out: public channels by ' +
    'place (geohash), gateways between mesh and relays, Tor, custom relays.',
  fidelity: 'B',
  withoutTask: meshWithoutTask,
  codec: bitchatCodec,
  usesRadio: true,
  deploy(deployment) {
    addRelays(deployment);
    deployPhones(deployment, id, (directory) => nostrOf(deployment, directory));
  },
};
