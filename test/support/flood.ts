// The least mesh: a phone passes on what it has not seen, over every link but the one it came by.
import { jsonCodec } from '../../protocol/codec.ts';
import type { Address, Core, CoreFactory, Effects, Input } from '../../protocol/core.ts';
import type { Message, PersonId, UserMessageId } from '../../protocol/message.ts';
import type { Clock } from '../../protocol/time.ts';
import type { System } from '../../sim/systems/system.ts';

type Rumour = Message & { readonly kind: 'flood.rumour'; readonly id: UserMessageId };

let receptions = 0;

/** Rumours heard by all phones of this process, heard before or not. */
export function floodReceptions(): number {
  return receptions;
}

class Flooder implements Core {
  readonly #person: PersonId;
  readonly #links = new Set<Address>();
  readonly #known = new Map<UserMessageId, Rumour>();

  constructor(person: PersonId) {
    this.#person = person;
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'link-up') {
      this.#links.add(input.link);
      for (const rumour of this.#known.values()) out.send(input.link, rumour);
    } else if (input.kind === 'link-down' && input.link !== undefined) this.#links.delete(input.link);
    else if (input.kind === 'message') {
      receptions++;
      this.#hear(input.message as Rumour, input.from, out);
    } else if (input.kind === 'user' && input.action.kind === 'send') {
      const { message: id } = input.action;
      this.#hear({ kind: 'flood.rumour', id, carries: [id] }, undefined, out);
    }
  }

  inspect(): unknown {
    return { links: this.#links.size, known: [...this.#known.keys()] };
  }

  #hear(rumour: Rumour, from: Address | undefined, out: Effects): void {
    if (this.#known.has(rumour.id)) return;
    this.#known.set(rumour.id, rumour);
    if (from !== undefined) out.observe({ kind: 'delivered', message: rumour.id, person: this.#person });
    for (const link of this.#links) if (link !== from) out.send(link, rumour);
  }
}

/** Everybody's phone floods. */
export const floodSystem: System = {
  id: 'flood',
  title: 'Flood',
  description: 'For tests of the radio.',
  fidelity: 'C',
  codec: jsonCodec<Rumour>({
    overheadBytes: () => 100,
    isMessage: (value) => 'kind' in value && value.kind === 'flood.rumour',
  }),
  usesRadio: true,
  deploy(deployment) {
    for (const { id } of deployment.workload.people) {
      const create: CoreFactory = () => new Flooder(id);
      deployment.addNode({
        name: `phone/${id}`,
        person: id,
        parts: { flood: create },
        userPart: 'flood',
        radioPart: 'flood',
      });
    }
  },
};
