// All links between phones nearby: Bluetooth, and the local networks of houses.
import type { Address } from '../../protocol/core.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Port, RadioMedium } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import type { CreatedRadio } from './bluetooth-radio.ts';
import { localLinkPrefix, type LocalNetworks } from './local-network.ts';

/** Sends over the medium that made the link. */
export class Nearby implements CreatedRadio {
  readonly #bluetooth: CreatedRadio;
  readonly #local: LocalNetworks;

  constructor(bluetooth: CreatedRadio, local: LocalNetworks) {
    this.#bluetooth = bluetooth;
    this.#local = local;
  }

  send(from: Port, link: Address, message: Message): void {
    this.#mediumOf(link).send(from, link, message);
  }

  disconnect(from: Port, link: Address): void {
    this.#mediumOf(link).disconnect(from, link);
  }

  radioChanged(node: NodeIndex, on: boolean): void {
    this.#bluetooth.radioChanged(node, on);
    this.#local.radioChanged(node, on);
  }

  handChanged(node: NodeIndex, inHand: boolean): void {
    this.#bluetooth.handChanged(node, inHand);
  }

  disturbedBy(node: NodeIndex): CauseToken {
    return this.#bluetooth.disturbedBy(node);
  }

  settle(): void {
    this.#bluetooth.settle();
  }

  #mediumOf(link: Address): RadioMedium {
    return link.startsWith(localLinkPrefix) ? this.#local : this.#bluetooth;
  }
}
