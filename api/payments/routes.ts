import type { Payments } from '../ports.ts';
import type { Route } from '../route.ts';
import { paymentCommands } from './command-routes.ts';
import { paymentReads } from './read-routes.ts';

export function paymentRoutes(payments: Payments): readonly Route[] {
  return [...paymentReads(payments), ...paymentCommands(payments)];
}
