// Keeps the fleet of chat instances at its planned size: starts and stops machines by the time of day and replaces
// those that its health checks find dead (Amazon EC2 Auto Scaling with scheduled actions and load balancer health checks,
// docs.aws.amazon.com/autoscaling/ec2/userguide). Production's real policy is not published.
import type { Address, Core, CoreFactory, Effects, Input } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import { after, type Clock, type Duration } from '../time.ts';

/** One machine of the fleet. */
export interface FleetMember {
  /** Name of its node. */
  readonly node: string;
  /** Where its health check is answered, behind the load balancer. */
  readonly health: Address;
  readonly runsAtStart: boolean;
}

/** How a fleet is kept. */
export interface AutoscalerConfig {
  readonly members: readonly FleetMember[];
  /** Number of machines wanted in each hour of the day (UTC), 24 of them. */
  readonly plan: readonly number[];
  /** One health check per `every`; without an answer for `giveUpAfter` the machine counts as out of service. */
  readonly healthCheck: {
    readonly every: Duration;
    readonly giveUpAfter: Duration;
    readonly pingBytes: number;
  };
  /** Out of service for so long: the machine is replaced. */
  readonly replaceAfter: Duration;
  /** A new machine need not be healthy before. */
  readonly gracePeriod: Duration;
}

type Phase = 'stopped' | 'starting' | 'in-service' | 'out-of-service';

interface Machine {
  readonly member: FleetMember;
  phase: Phase;
  link: Address | undefined;
}

const planTimer = 'plan';
const replaceTimer = 'replace/';
const checkTimer = 'check/';
const hourMs = 3_600_000;
const power: Message = Object.freeze({ kind: 'signal.done', carries: carriesNothing });

class Autoscaler implements Core {
  readonly #config: AutoscalerConfig;
  readonly #machines: readonly Machine[];

  constructor(config: AutoscalerConfig) {
    this.#config = config;
    this.#machines = config.members.map((member) => ({
      member,
      phase: member.runsAtStart ? 'starting' : 'stopped',
      link: undefined,
    }));
  }

  step(clock: Clock, input: Input, out: Effects): void {
    switch (input.kind) {
      case 'start':
        for (const machine of this.#machines) {
          if (machine.phase === 'starting') this.#expectHealthy(clock, machine, out);
        }
        return this.#followPlan(clock, out);
      case 'timer':
        return this.#timer(clock, input.timer, out);
      case 'link-up':
        return this.#healthy(this.#named(input.tag), input.link, out);
      case 'link-down':
        return this.#unhealthy(clock, this.#ofLink(input.link) ?? this.#named(input.tag), out);
      default:
        return;
    }
  }

  inspect(): unknown {
    return Object.fromEntries(this.#machines.map(({ member, phase }) => [member.node, phase]));
  }

  #timer(clock: Clock, timer: string, out: Effects): void {
    if (timer === planTimer) return this.#followPlan(clock, out);
    if (timer.startsWith(checkTimer)) return this.#check(this.#named(timer.slice(checkTimer.length)), out);
    this.#replace(clock, this.#named(timer.slice(replaceTimer.length)), out);
  }

  /** Starts or stops machines until as many are wanted as the plan says; then waits for the next hour. */
  #followPlan(clock: Clock, out: Effects): void {
    const { plan } = this.#config;
    const wanted = plan[Math.floor(clock.wall / hourMs) % plan.length] ?? 0;
    const running = this.#machines.filter(({ phase }) => phase !== 'stopped');
    for (const machine of running.slice(wanted)) this.#stop(machine, out);
    const missing = Math.max(0, wanted - running.length);
    const stopped = this.#machines.filter(({ phase }) => phase === 'stopped');
    for (const machine of stopped.slice(0, missing)) this.#startMachine(clock, machine, out);
    const untilNextHour = (hourMs - (clock.wall % hourMs)) * 1_000;
    out.setTimer(planTimer, after(clock.now, untilNextHour as Duration));
  }

  #startMachine(clock: Clock, machine: Machine, out: Effects): void {
    machine.phase = 'starting';
    out.send(`boot:${machine.member.node}` as Address, power);
    this.#expectHealthy(clock, machine, out);
  }

  #stop(machine: Machine, out: Effects): void {
    machine.phase = 'stopped';
    out.cancelTimer(replaceTimer + machine.member.node);
    out.cancelTimer(checkTimer + machine.member.node);
    if (machine.link !== undefined) out.disconnect(machine.link);
    machine.link = undefined;
    out.send(`halt:${machine.member.node}` as Address, power);
  }

  /** Begins to check a machine and gives it time to come up. */
  #expectHealthy(clock: Clock, machine: Machine, out: Effects): void {
    out.setTimer(replaceTimer + machine.member.node, after(clock.now, this.#config.gracePeriod));
    this.#check(machine, out);
  }

  #check(machine: Machine | undefined, out: Effects): void {
    if (machine === undefined || machine.phase === 'stopped') return;
    const { healthCheck } = this.#config;
    out.connect(machine.member.health, machine.member.node, {
      timeout: healthCheck.giveUpAfter,
      keepAlive: healthCheck,
    });
  }

  #healthy(machine: Machine | undefined, link: Address, out: Effects): void {
    if (machine === undefined || machine.phase === 'stopped') return out.disconnect(link);
    machine.phase = 'in-service';
    machine.link = link;
    out.cancelTimer(replaceTimer + machine.member.node);
  }

  #unhealthy(clock: Clock, machine: Machine | undefined, out: Effects): void {
    if (machine === undefined || machine.phase === 'stopped') return;
    machine.link = undefined;
    if (machine.phase === 'in-service') {
      machine.phase = 'out-of-service';
      out.setTimer(replaceTimer + machine.member.node, after(clock.now, this.#config.replaceAfter));
    }
    out.setTimer(checkTimer + machine.member.node, after(clock.now, this.#config.healthCheck.every));
  }

  /** Stops a machine that stayed out of service and starts another one for it: the one that was stopped longest, if any. */
  #replace(clock: Clock, machine: Machine | undefined, out: Effects): void {
    if (machine === undefined || machine.phase === 'stopped') return;
    out.observe({ kind: 'situation', name: 'signal.instance-replaced' });
    this.#stop(machine, out);
    const substitute = this.#machines.find((each) => each !== machine && each.phase === 'stopped') ?? machine;
    this.#startMachine(clock, substitute, out);
  }

  #named(node: string | undefined): Machine | undefined {
    return this.#machines.find(({ member }) => member.node === node);
  }

  #ofLink(link: Address | undefined): Machine | undefined {
    return link === undefined ? undefined : this.#machines.find((machine) => machine.link === link);
  }
}

/** The fleet's keeper. */
export function createAutoscaler(config: AutoscalerConfig): CoreFactory {
  return () => new Autoscaler(config);
}
