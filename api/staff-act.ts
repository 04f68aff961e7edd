/** What only people may do, and for which they say why. */
import { HttpError } from './http-errors.ts';
import type { Principal } from './ports.ts';

/** Of no single merchant, so no merchant's key may. */
export function requireStaff({ actor }: Principal): string {
  if (actor.kind !== 'staff') throw new HttpError('forbidden', 'This is for staff.');
  return `staff:${actor.id}`;
}

export function staffAct(principal: Principal): {
  readonly actor: string;
  readonly reason: string;
} {
  const actor = requireStaff(principal);
  if (principal.reason !== undefined) return { actor, reason: principal.reason };
  throw new HttpError('invalid_request', 'X-Reason is missing.', {
    errors: [{ pointer: '/headers/X-Reason', detail: 'is required' }],
  });
}
