/** The API's port to routing: rules as a worker writes them, routes by the rules and health at hand. */
import type { Db } from '../../db/client.ts';
import { readPayment } from '../../db/payments.ts';
import { askForRules, listRulesVersions, readRulesVersion } from '../../db/routing-rules.ts';
import { paymentState } from '../../db/snapshot.ts';
import { isCurrency } from '../../domain/currency.ts';
import type { Capability, Provider } from '../../domain/provider.ts';
import { route, type RoutedPayment, type RoutingView } from '../../domain/routing.ts';
import { approvalLifeMs } from '../../domain/timing.ts';
import type { Principal } from '../ports.ts';
import type { PreviewInput, ProviderItem, Routing } from '../routing/ports.ts';
import { paged } from './paged.ts';

export interface RoutingBackend {
  /** One merchant at a time. */
  readonly db: Db;
  readonly workerDb: Db;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly view: () => Promise<RoutingView>;
  readonly healthOf: (provider: string) => Pick<ProviderItem, 'health' | 'opening' | 'leftAloneMs'>;
}

export function createRouting(backend: RoutingBackend): Routing {
  const { db, workerDb, providers } = backend;
  return {
    providerNames: [...providers.keys()],
    readRules: (version) => readRulesVersion(workerDb, version),
    listRules: async ({ limit, after }) => {
      const before = after === undefined ? undefined : Number(after);
      return paged(await listRulesVersions(workerDb, limit, before), limit);
    },
    askForRules: (expected, rules, actor, reason) =>
      askForRules(workerDb, { expected, rules, actor, reason, lifeMs: approvalLifeMs }),
    preview: async (principal, asked) => {
      if (typeof asked !== 'string') return route(imagined(principal, asked), await backend.view());
      const snapshot = await readPayment(db, principal.merchantId, asked);
      return snapshot === null ? null : route(paymentState(snapshot), await backend.view());
    },
    providers: () =>
      [...providers.values()].map((provider) => ({
        contract: provider.contract,
        capabilities: capabilities.filter((name) => provider[name] !== undefined),
        ...backend.healthOf(provider.contract.name),
      })),
  };
}

const capabilities: readonly Capability[] = [
  'authorize',
  'capture',
  'void',
  'refund',
  'lookup',
  'voidByReference',
  'increment',
];

/** It has no id yet, so what is drawn by the id is drawn for all of these alike. */
function imagined({ merchantId }: Principal, asked: PreviewInput): RoutedPayment {
  const { currency } = asked;
  if (!isCurrency(currency)) throw new Error('the schema lets no other currency through');
  return {
    ...{ id: '', merchantId, amount: asked.amountMinor, currency },
    ...{ captureMethod: asked.captureMethod, paymentMethod: asked.paymentMethod },
    ...{ attempts: [], submitBy: null, submitWithinMs: 0 },
  };
}
