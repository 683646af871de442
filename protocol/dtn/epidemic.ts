// Epidemic routing: whoever lacks a message gets a copy. A. Vahdat, D. Becker, "Epidemic Routing for Partially-Connected
// Ad Hoc Networks", Duke University CS-2000-06 (2000), §2: on contact, nodes exchange the messages that one of them
// lacks. Without limits its delay is the least that any router could reach.
import type { CreateDtnRouter, DtnRouter } from './router.ts';

const epidemic: DtnRouter = { offers: () => true };

/** The epidemic router: it knows nothing, so all nodes share one. */
export const createEpidemicRouter: CreateDtnRouter = () => epidemic;
