// Olm sessions of one device with others. A room key can be sent to a device only through one, and the first needs a
// one-time key of that device, which its own server hands out. A server that did not answer, or a device that has no key,
// is not asked again for a while; the device goes without room keys meanwhile.
// Behaviour of RS crates/matrix-sdk-crypto/src/session_manager/sessions.rs, which Element Web uses, too.
import type { Effects, StoredState } from '../core.ts';
import { noCause, type CauseToken } from '../failure.ts';
import type { Clock } from '../time.ts';
import type { DevicesByUser, KeysClaimed } from './device-messages.ts';
import { FailureCache } from './failure-cache.ts';
import { serverNameOf } from './ids.ts';
import type { DeviceAddress } from './room-recipients.ts';

/** `claimed`: made of a one-time key, and nothing has come back through it; `used` by the other device, too. */
type Session = 'claimed' | 'used';

const sessionPrefix = 'olm-session/';

export class OlmSessions {
  readonly #isStranger: (device: DeviceAddress) => boolean;
  /** Sessions with devices that were strangers when the run began. */
  readonly #sessions = new Map<string, Session>();
  readonly #servers = new FailureCache();
  readonly #devices = new FailureCache();

  /** `isStranger`: whether there was no session with the device when the run began. */
  constructor(isStranger: (device: DeviceAddress) => boolean, stored: StoredState | undefined) {
    this.#isStranger = isStranger;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(sessionPrefix))
        this.#sessions.set(key.slice(sessionPrefix.length), value as Session);
  }

  has(device: DeviceAddress): boolean {
    return !this.#isStranger(device) || this.#sessions.has(nameOf(device));
  }

  /** Whether the other device cannot know of the session yet: what is sent must say how to make it. */
  isFresh(device: DeviceAddress): boolean {
    return this.#isStranger(device) && this.#sessions.get(nameOf(device)) !== 'used';
  }

  /** Those of these devices, all without a session, whose one-time keys are worth asking for now. */
  worthClaiming({ now }: Clock, devices: readonly DeviceAddress[]): readonly DeviceAddress[] {
    return devices.filter(
      (device) =>
        this.#servers.mayTry(now, serverNameOf(device.userId) ?? '') &&
        this.#devices.mayTry(now, nameOf(device)),
    );
  }

  /** The answer to a claim: sessions with those devices of which it has a key. */
  claimed(
    { now }: Clock,
    asked: readonly DeviceAddress[],
    { oneTimeKeys, failures, cause = noCause }: Pick<KeysClaimed, 'oneTimeKeys' | 'failures' | 'cause'>,
    out: Effects,
  ): void {
    const failed = new Set<string>(failures);
    for (const server of failed) this.#servers.failed(now, server, cause);
    for (const device of asked) {
      const server = serverNameOf(device.userId) ?? '';
      if (failed.has(server)) continue;
      this.#servers.succeeded(server);
      if (!includes(oneTimeKeys, device)) this.#devices.failed(now, nameOf(device), noCause);
      else {
        this.#devices.succeeded(nameOf(device));
        this.#set(device, 'claimed', out);
      }
    }
  }

  /** Something came through Olm from the device: there is a session with it. */
  heardFrom(device: DeviceAddress, out: Effects): void {
    if (this.isFresh(device)) this.#set(device, 'used', out);
  }

  /** Faults for which there is no session with the device. */
  causeOfLack(device: DeviceAddress): CauseToken {
    return this.#servers.causeOf(serverNameOf(device.userId) ?? '') ?? noCause;
  }

  /** A new device takes this one's place: it has a session with nobody. */
  forget(out: Effects): void {
    for (const name of this.#sessions.keys()) out.persist(sessionPrefix + name, undefined);
    this.#sessions.clear();
  }

  #set(device: DeviceAddress, session: Session, out: Effects): void {
    this.#sessions.set(nameOf(device), session);
    out.persist(sessionPrefix + nameOf(device), session);
  }
}

function includes(devices: DevicesByUser, { userId, deviceId }: DeviceAddress): boolean {
  return devices.get(userId)?.includes(deviceId) === true;
}

function nameOf({ userId, deviceId }: DeviceAddress): string {
  return `${userId}/${deviceId}`;
}
