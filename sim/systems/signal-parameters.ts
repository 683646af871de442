// What is not published about Signal's production, and what a scenario may therefore vary.
import { inSeconds, milliseconds, seconds, type Duration } from '../../protocol/time.ts';
import { service } from '../../protocol/signal/constants.ts';
import type { CacheSpec } from '../host/cold-cache.ts';
import type { QueueSpec } from '../host/input-queue.ts';
import { readCache, readQueue } from './queue-parameters.ts';
import type { Deployment } from './system.ts';

/** Numbers of one deployment of Signal. */
export interface SignalParameters {
  readonly persistDelay: Duration;
  /** Chat instances wanted in the busy hours and in the quiet ones, and machines that stand by for replacement. */
  readonly busyInstances: number;
  readonly quietInstances: number;
  readonly spareInstances: number;
  readonly processorsPerInstance: number;
  readonly queue: QueueSpec;
  readonly cache: CacheSpec;
  readonly sendCost: Duration;
  readonly loginCost: Duration;
  readonly tableConnectionLifetime: Duration;
  readonly replaceAfter: Duration;
  readonly gracePeriod: Duration;
  /** Shares of accounts outside the cache, and of pairs in a conversation without a session, when the run begins. */
  /** Share of Android phones that keep their connection open for want of a push service. */
  readonly withoutPushShare: number;
  readonly uncachedShare: number;
  readonly strangerShare: number;
}

/** Reads the parameters, which lists them in the report. */
export function readParameters(deployment: Deployment): SignalParameters {
  const read = (
    name: string,
    value: number,
    unit: string,
    meaning: string,
    basis: { source: string } | { range: readonly [number, number]; calibratedOn?: readonly string[] },
  ): number => deployment.parameter({ name, value, unit, meaning, ...basis });
  return {
    persistDelay: seconds(
      read(
        'persistDelaySeconds',
        inSeconds(service.persistDelay),
        's',
        'age at which a message queue moves from Redis to DynamoDB',
        { source: 'Signal-Server configuration/MessageCacheConfiguration.java' },
      ),
    ),
    busyInstances: read('busyInstances', 6, 'machines', 'chat instances wanted from 11:00 to 04:00 UTC', {
      range: [3, 30],
    }),
    quietInstances: read('quietInstances', 4, 'machines', 'chat instances wanted from 04:00 to 11:00 UTC', {
      range: [2, 20],
    }),
    spareInstances: read('spareInstances', 2, 'machines', 'further chat instances that can be launched', {
      range: [0, 10],
    }),
    processorsPerInstance: read('processorsPerInstance', 2, 'processors', 'processors of a chat instance', {
      range: [1, 16],
    }),
    queue: readQueue(deployment, 'chat', 'a chat instance'),
    // What it knows is in its stores.
    cache: readCache(deployment, 'chat', 'a chat instance', 1),
    // The sample of people stands for a much larger public and its fleet for a much larger one: costs are per
    // operation of the sample.
    sendCost: milliseconds(
      read('sendCostMs', 10, 'ms', 'processor time of accepting one message', { range: [1, 50] }),
    ),
    loginCost: milliseconds(
      read('loginCostMs', 5, 'ms', 'processor time of authenticating one connection', { range: [0.5, 25] }),
    ),
    tableConnectionLifetime: seconds(
      read(
        'tableConnectionLifetimeSeconds',
        300,
        's',
        'age at which a pooled connection to DynamoDB is replaced, so that the name is resolved anew',
        { range: [60, 3_600] },
      ),
    ),
    replaceAfter: seconds(
      read(
        'replaceAfterSeconds',
        240,
        's',
        'a chat instance that the load balancer finds unhealthy for so long is replaced; EC2 Auto Scaling by itself looks at the machine only and would never replace it',
        // At 120 s the fleet replaces itself to death while the load balancers flap, which nobody reported of that day.
        { range: [60, 3_600], calibratedOn: ['aws-us-east-1-2025-10-20'] },
      ),
    ),
    gracePeriod: seconds(
      read('gracePeriodSeconds', 300, 's', 'time a new chat instance has to become healthy', {
        source: 'docs.aws.amazon.com/autoscaling/ec2/userguide, health check grace period, default 300 s',
      }),
    ),
    withoutPushShare: read(
      'withoutPushShare',
      0.05,
      'of Android phones',
      'phones without Google’s push service, whose WebSocket is always open',
      { range: [0.01, 0.15], calibratedOn: ['aws-us-east-1-2025-10-20'] },
    ),
    uncachedShare: read(
      'uncachedShare',
      0.02,
      'of accounts',
      'accounts not in the two-day cache when the run begins',
      { range: [0, 0.2] },
    ),
    strangerShare: read(
      'strangerShare',
      0,
      'of pairs',
      'people in a conversation without a session, so that pre-keys are needed first',
      { range: [0, 0.2] },
    ),
  };
}
