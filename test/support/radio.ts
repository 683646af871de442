// Phones with radios on a fake host of nodes: the radio by itself, with everything that it hands over on record.
import type { Address, Input } from '../../protocol/core.ts';
import { noCause } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { carriesNothing, type PersonId, type UserMessageId } from '../../protocol/message.ts';
import { hours, seconds, type Instant } from '../../protocol/time.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import type { MediumHost, Transit } from '../../sim/network/medium.ts';
import { createRadio, type CreatedRadio } from '../../sim/radio/bluetooth-radio.ts';
import { radioParameters } from '../../sim/radio/radio-parameters.ts';
import { createAddressedDraw } from '../../sim/random/addressed.ts';
import type { Device, Person, Position, Stay, Workload } from '../../sim/workload/workload.ts';

/** A point that a phone is at from an instant on; it walks to the next one. */
export interface Waypoint extends Position {
  /** Seconds. */
  readonly at: number;
}

export interface TestPhone {
  readonly city?: string;
  readonly platform?: Device['platform'];
  /** Stands at the origin when left out. */
  readonly way?: readonly Waypoint[];
}

export interface RadioMessage extends Message {
  readonly kind: 'test.radio';
  readonly text: string;
  readonly bytes: number;
}

export function radioMessage(
  text: string,
  bytes = 100,
  carries: readonly UserMessageId[] = carriesNothing,
): RadioMessage {
  return { kind: 'test.radio', carries, text, bytes };
}

/** What one core was handed. */
export interface Handed {
  readonly at: Instant;
  readonly node: number;
  readonly input: Input;
  readonly transit: Transit | undefined;
}

/** Radio on its own. */
export interface TestRadio {
  readonly radio: CreatedRadio;
  readonly kernel: Kernel;
  readonly handed: Handed[];
  readonly counted: { bytes: number; air: number; scanned: number };
  on(...nodes: readonly number[]): void;
  off(...nodes: readonly number[]): void;
  send(from: number, link: Address, message: RadioMessage): void;
  runUntil(seconds: number): void;
  /** Does something at an instant. */
  plan(secondsFromEpoch: number, action: () => void): void;
  /** What this node was handed, by kind of input. */
  inputs<Kind extends Input['kind']>(
    node: number,
    kind: Kind,
  ): (Handed & { input: Extract<Input, { kind: Kind }> })[];
  /** The link between two phones; undefined when there is none now. */
  link(left: number, right: number): Address | undefined;
  /** Links of a phone now. */
  links(node: number): number;
}

/** No shadowing and no loss, so that tests can compute what happens. */
export const plain: Readonly<Record<string, number>> = {
  radioRangeMetres: 30,
  radioShadowingDb: 0,
  radioLossWidth: 0.001,
};

export const instant = (secondsFromEpoch: number): Instant => seconds(secondsFromEpoch) as number as Instant;

/** Stays that follow way points; from the last one on the phone stands. */
export function staysOf(way: readonly Waypoint[]): readonly Stay[] {
  return way.map((from, index) => {
    const to = way[index + 1] ?? from;
    return { start: instant(from.at), place: 'way', from, to } as unknown as Stay;
  });
}

export function createTestRadio(
  phones: readonly TestPhone[],
  options: { readonly parameters?: Readonly<Record<string, number>>; readonly seed?: string } = {},
): TestRadio {
  const kernel = new Kernel({
    horizon: hours(1_000) as number as Instant,
    limits: { events: 50_000_000, eventsPerInstant: 1_000_000 },
  });
  const handed: Handed[] = [];
  const counted = { bytes: 0, air: 0, scanned: 0 };
  const draw = createAddressedDraw(options.seed ?? 'test');
  const host: MediumHost = {
    scheduler: kernel,
    deliver: (port, input, transit) => void handed.push({ at: kernel.now, node: port.node, input, transit }),
    isUp: () => true,
    pressedBy: () => noCause,
    hindered: () => undefined,
    nodeName: (node) => `phone/${node}`,
    byteLength: (message) => (message as RadioMessage).bytes,
    carry: (message) => message,
    causeInHand: noCause,
    draw,
    countBytes(_medium, bytes, air = 0) {
      counted.bytes += bytes;
      counted.air += air;
    },
    countScanning: (microseconds) => void (counted.scanned += microseconds),
  };
  const people = phones.map(
    ({ city = 'Ghent', platform = 'ios', way = [{ at: 0, x: 0, y: 0 }] }, id) =>
      ({
        id: id as PersonId,
        city: { name: city },
        stays: staysOf(way),
        device: { platform },
      }) as unknown as Person,
  );
  const radio = createRadio({
    host,
    workload: { people } as unknown as Workload,
    nodes: phones.map((_, person) => ({
      name: `phone/${person}`,
      person: person as PersonId,
      parts: {},
      radioPart: 'app',
    })),
    parameters: radioParameters(new Map(Object.entries({ ...plain, ...options.parameters }))),
  });
  const act = kernel.register('test', (_node, payload) => (payload as () => void)());
  const linksOf = (node: number): Map<Address, string> => {
    const links = new Map<Address, string>();
    for (const { input } of handed.filter((each) => each.node === node)) {
      if (input.kind === 'link-up') links.set(input.link, input.peer);
      if (input.kind === 'link-down' && input.link !== undefined) links.delete(input.link);
    }
    return links;
  };
  return {
    radio,
    kernel,
    handed,
    counted,
    on: (...nodes) => nodes.forEach((node) => radio.radioChanged(node, true)),
    off: (...nodes) => nodes.forEach((node) => radio.radioChanged(node, false)),
    send: (node, link, message) => radio.send({ node, part: 'app' }, link, message),
    runUntil(limit) {
      while ((kernel.next ?? Infinity) <= instant(limit) && kernel.step() === 'event');
      kernel.advanceTo(instant(limit));
    },
    plan: (when, action) => void kernel.schedule(instant(when), act, -1, action),
    inputs: (node, kind) => handed.filter((each) => each.node === node && each.input.kind === kind) as never,
    link: (left, right) => [...linksOf(left)].find(([, peer]) => peer === `phone/${right}`)?.[0],
    links: (node) => linksOf(node).size,
  };
}
