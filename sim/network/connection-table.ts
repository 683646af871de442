// All connections that exist, found by link name, by node, and by the places that faults can concern.
import type { Address } from '../../protocol/core.ts';
import { ByNumber } from '../by-number.ts';
import type { Place } from '../faults/places.ts';
import type { NodeIndex } from '../observation.ts';
import type { Connection } from './connection.ts';

/** The open and opening connections of a simulation. */
export class ConnectionTable {
  readonly #links = new Map<number, Connection>();
  readonly #byNode = new ByNumber<Set<Connection>>();
  readonly #byPlace = new Map<Place, Set<Connection>>();
  readonly #isConcerned: (place: Place) => boolean;

  /** `isConcerned`: whether any fault of the run can ever concern a place; others need no index. */
  constructor(isConcerned: (place: Place) => boolean) {
    this.#isConcerned = isConcerned;
  }

  /** A connection begins. Its server is added when it is known. */
  add(connection: Connection): void {
    if (connection.link !== undefined) this.#links.set(connection.id, connection);
    this.#addNode(connection.client.port.node, connection);
    this.#addPlace(connection.clientPlace, connection);
    this.#addPlace(connection.endpoint.via, connection);
  }

  addServer(connection: Connection): void {
    if (connection.server === undefined) return;
    this.#addNode(connection.server.port.node, connection);
    this.#addPlace(connection.server.station.place, connection);
  }

  /** The connection is no more. Its link name stays while an end has yet to hear of it (`keepLink`). */
  remove(connection: Connection, keepLink = false): void {
    if (!keepLink) this.#links.delete(connection.id);
    this.#byNode.get(connection.client.port.node)?.delete(connection);
    this.#byPlace.get(connection.clientPlace)?.delete(connection);
    this.#byPlace.get(connection.endpoint.via)?.delete(connection);
    if (connection.server === undefined) return;
    this.#byNode.get(connection.server.port.node)?.delete(connection);
    this.#byPlace.get(connection.server.station.place)?.delete(connection);
  }

  /** Both ends know that the link is down. */
  forgetLink(connection: Connection): void {
    this.#links.delete(connection.id);
  }

  /** The connection of a link name, and whether the name is its client's. */
  link(name: Address): { readonly connection: Connection; readonly isClient: boolean } | undefined {
    const number = Number(name.slice('link:'.length));
    const connection = this.#links.get(number >> 1);
    return connection === undefined ? undefined : { connection, isClient: number % 2 === 0 };
  }

  links(): Iterable<Connection> {
    return this.#links.values();
  }

  /** Connections of a node, oldest first; a copy, since visiting may end them. */
  ofNode(node: NodeIndex): readonly Connection[] {
    return [...(this.#byNode.get(node) ?? [])];
  }

  /** Connections with an end or something in between at any of the places, each once. */
  at(places: readonly Place[]): readonly Connection[] {
    const found = new Set<Connection>();
    for (const place of places)
      for (const connection of this.#byPlace.get(place) ?? []) found.add(connection);
    return [...found];
  }

  #addPlace(place: Place, connection: Connection): void {
    if (!this.#isConcerned(place)) return;
    const connections = this.#byPlace.get(place);
    if (connections === undefined) this.#byPlace.set(place, new Set([connection]));
    else connections.add(connection);
  }

  #addNode(node: NodeIndex, connection: Connection): void {
    const connections = this.#byNode.get(node);
    if (connections === undefined) this.#byNode.set(node, new Set([connection]));
    else connections.add(connection);
  }
}
