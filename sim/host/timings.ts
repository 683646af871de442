// What the host itself assumes of devices and machines: parameters of every system.
import { milliseconds, seconds, type Duration } from '../../protocol/time.ts';
import type { DeploymentRecord } from './deployment-record.ts';

/** Times of the host. */
export interface Timings {
  readonly pushDelayMedian: Duration;
  readonly pushDelaySigma: number;
  readonly bootTime: Duration;
  readonly retryInterval: Duration;
}

/** Reads the times, and lists them in the report. */
export function declareTimings(deployment: DeploymentRecord): Timings {
  const pushDelayMs = deployment.parameter({
    name: 'pushDelayMs',
    value: 500,
    unit: 'ms',
    meaning: 'median time from a platform push service to the woken application',
    range: [100, 3_000],
  });
  const pushDelaySigma = deployment.parameter({
    name: 'pushDelaySigma',
    value: 1,
    unit: 'standard deviation of the logarithm',
    meaning: 'spread of that time (log-normal)',
    range: [0.5, 2],
  });
  const bootSeconds = deployment.parameter({
    name: 'bootSeconds',
    value: 60,
    unit: 's',
    meaning: 'from switching a machine on until its software answers',
    range: [20, 300],
  });
  const bootRetrySeconds = deployment.parameter({
    name: 'bootRetrySeconds',
    value: 30,
    unit: 's',
    meaning: 'between attempts to start a machine while what it needs to start is missing',
    range: [10, 300],
  });
  return {
    pushDelayMedian: milliseconds(pushDelayMs),
    pushDelaySigma,
    bootTime: seconds(bootSeconds),
    retryInterval: seconds(bootRetrySeconds),
  };
}
