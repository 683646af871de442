import { describe, expect, it } from 'vitest';
import type { RequestId } from '../../../protocol/core.ts';
import type { Request } from '../../../sim/network/connection.ts';
import { OpenRequests } from '../../../sim/network/open-requests.ts';
import { createAddressedDraw } from '../../../sim/random/addressed.ts';

const numbered = (id: RequestId): Request => ({ id }) as Request;

describe('open requests', () => {
  it('are found by their number until they end, however many are open and however long', () => {
    const draw = createAddressedDraw('open-requests');
    const open = new OpenRequests();
    const known = new Map<RequestId, Request>();
    const ended: RequestId[] = [];
    let last = 0;
    for (let step = 0; step < 20_000; step++) {
      const request = numbered(open.nextId());
      expect(request.id).toBeGreaterThan(last);
      last = request.id;
      open.add(request);
      known.set(request.id, request);
      // One in ten stays open for good; the others end in the order in which they came, or at once.
      const oldest = [...known.keys()].find((id) => id % 10 !== 0);
      if (oldest !== undefined && draw('ends', step) < 0.95) {
        open.delete(known.get(oldest) ?? request);
        known.delete(oldest);
        ended.push(oldest);
      }
    }
    for (const [id, request] of known) expect(open.get(id)).toBe(request);
    for (const id of ended) expect(open.get(id)).toBeUndefined();
    const [first] = ended;
    open.delete(numbered(first ?? (0 as RequestId)));
    for (const [id, request] of known) expect(open.get(id)).toBe(request);
  });
});
