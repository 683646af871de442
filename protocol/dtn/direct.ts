// Direct delivery: a message waits at its source for its destination. T. Spyropoulos, K. Psounis, C. S. Raghavendra,
// "Single-copy routing in intermittently connected mobile networks", IEEE SECON 2004, §III-A ("direct transmission").
import type { CreateDtnRouter, DtnRouter } from './router.ts';

const direct: DtnRouter = { offers: () => false };

/** The direct-delivery router: one transmission per delivered message, the least possible. */
export const createDirectRouter: CreateDtnRouter = () => direct;
