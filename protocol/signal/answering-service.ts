// Services of which only matters whether they answer: the enclaves that find contacts (CDSI) and keep the secrets behind
// people's PINs (SVR2), on machines of another cloud with the processors they need (signalapp/ContactDiscoveryService-Icelake,
// signalapp/SecureValueRecovery2: Azure), and the registration service that proves telephone numbers
// (signalapp/registration-service).
import type { Core, CoreFactory } from '../core.ts';
import { asSignal, done } from './messages.ts';

/** Answers what its callers ask. */
export const createAnsweringService: CoreFactory = (): Core => ({
  step(_clock, input, out) {
    if (input.kind !== 'request') return;
    const kind = asSignal(input.message)?.kind;
    if (kind === 'signal.ask-enclave' || kind === 'signal.verify') out.respond(input.id, done);
    else out.refuse(input.id, 400);
  },
  inspect: () => ({}),
});
