// Meta's own infrastructure as far as WhatsApp stands on it: data centres on one backbone, and name servers that withdraw
// themselves when they lose it. Nothing here says that an outage of the backbone is one of names: it follows.
import { seconds, type Duration } from '../../protocol/time.ts';
import type { Component, ComponentId, Location } from '../world.ts';
import type { Deployment } from './system.ts';

/** A data centre. */
export interface Site {
  readonly name: string;
  readonly component: ComponentId;
}

const provider = 'provider/meta' as ComponentId;
const backbone = 'meta/backbone' as ComponentId;
export const publicZone = 'dns/whatsapp.net' as ComponentId;
export const internalZone = 'dns/whatsapp.internal' as ComponentId;

/** Meta's older data centres in America and Europe (datacenters.atmeta.com). Which of them serve WhatsApp is assumed. */
const places: readonly { readonly name: string; readonly location: Location }[] = [
  {
    name: 'forest-city',
    location: { latitude: 35.32, longitude: -81.83, country: 'US', anchorRegion: 'us-east-1' },
  },
  {
    name: 'prineville',
    location: { latitude: 44.29, longitude: -120.88, country: 'US', anchorRegion: 'us-west-2' },
  },
  {
    name: 'lulea',
    location: { latitude: 65.62, longitude: 22.12, country: 'SE', anchorRegion: 'eu-north-1' },
  },
  {
    name: 'clonee',
    location: { latitude: 53.41, longitude: -6.44, country: 'IE', anchorRegion: 'eu-west-1' },
  },
];

/** a.ns to d.ns.whatsapp.net, each by way of one data centre's end of the backbone. */
const nameServers = ['a', 'b', 'c', 'd'] as const;

const hard = (...on: readonly string[]): Component['needs'] =>
  on.map((each) => ({ on: each as ComponentId, strength: 'hard' }));

/** Adds everything and returns the data centres. */
export function addMetaSites(deployment: Deployment): readonly Site[] {
  const add = (component: Omit<Component, 'id'> & { readonly id: string }): void =>
    deployment.addComponent({ ...component, id: component.id as ComponentId });
  const attributes = { provider: 'meta', system: 'whatsapp' };
  add({ id: provider, kind: 'provider', attributes, needs: [] });
  add({
    id: backbone,
    kind: 'service',
    attributes: { ...attributes, service: 'backbone' },
    needs: hard(provider),
  });
  const sites = places.map(({ name, location }): Site => {
    const at = { ...attributes, region: name };
    const end = `meta/backbone/${name}`;
    add({ id: end, kind: 'service', attributes: { ...at, service: 'backbone' }, needs: hard(backbone) });
    const component = `meta/${name}` as ComponentId;
    const needs = hard(provider, `country/${location.country}`, end);
    add({ id: component, kind: 'region', attributes: at, needs, location });
    return { name, component };
  });
  addNames(deployment, sites);
  return sites;
}

function addNames(deployment: Deployment, sites: readonly Site[]): void {
  const outlives: Duration = seconds(
    deployment.parameter({
      name: 'nameServerCheckSeconds',
      value: 60,
      unit: 's',
      meaning: 'how long a name server can be without the data centres before it withdraws its routes',
      range: [5, 300],
    }),
  );
  const members = nameServers.map((letter, index): ComponentId => {
    const id = `meta/ns-${letter}` as ComponentId;
    const site = sites[index % sites.length]?.name ?? '';
    deployment.addComponent({
      id,
      kind: 'service',
      attributes: {
        provider: 'meta',
        service: 'name-server',
        host: `${letter}.ns.whatsapp.net`,
        system: 'whatsapp',
      },
      // "Our DNS servers disable those BGP advertisements if they themselves can not speak to our data centers"
      // (S. Janardhan, More details about the October 4 outage, engineering.fb.com, 5 October 2021).
      needs: [...hard(provider), { on: `meta/backbone/${site}` as ComponentId, strength: 'hard', outlives }],
    });
    return id;
  });
  deployment.addComponent({
    id: publicZone,
    kind: 'dns-zone',
    attributes: { name: 'whatsapp.net', provider: 'meta', system: 'whatsapp' },
    needs: [],
    redundancy: { members, atLeast: 1, lost: 'black-hole' },
  });
  deployment.addComponent({
    id: internalZone,
    kind: 'dns-zone',
    attributes: { name: 'whatsapp.internal', provider: 'meta', system: 'whatsapp' },
    needs: hard(provider),
  });
}
