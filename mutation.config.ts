// The tests that mutants must be found by: those that say what is meant. Golden digests and snapshots are left out, since
// they notice every change and know the meaning of none.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'test/sim/kernel/*.test.ts',
      'test/sim/network/*.test.ts',
      'test/sim/host/simulation.test.ts',
      'test/sim/faults/*.test.ts',
      'test/reports/{blame,fates}.test.ts',
      'test/reports/metrics/!(reference).test.ts',
    ],
    testTimeout: 60_000,
    env: { NO_COLOR: '1' },
  },
});
