/** The API's port to what can be offered: the table, by the providers and rules at hand. */
import { isCurrency } from '../../domain/currency.ts';
import { offeredMethods } from '../../domain/offered-methods.ts';
import type { RoutingView } from '../../domain/routing.ts';
import type { PaymentMethods } from '../payment-methods/ports.ts';

export function createPaymentMethods(view: () => Promise<RoutingView>): PaymentMethods {
  return {
    offered: async ({ merchantId }, { country, currency, amountMinor: amount }) => {
      if (!isCurrency(currency)) throw new Error('the schema lets no other currency through');
      return offeredMethods({ merchantId, country, currency, amount }, await view());
    },
  };
}
