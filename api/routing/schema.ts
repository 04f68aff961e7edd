/** Routing rules as they are written and shown; each mistake is named by its field. */
import { z } from 'zod';
import { currencies, isCurrency } from '../../domain/currency.ts';
import { paymentMethodTypes } from '../../domain/provider-contract.ts';
import { failoverDeclines, routingOrders } from '../../domain/routing-rules.ts';
import { amountSchema, textSchema } from '../schema/fields.ts';
import { merchantIdPattern } from '../schema/ids.ts';

const listMax = 200;
const country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two letters');
const brand = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be a brand in lower case');
const few = <S extends z.ZodType>(item: S): z.ZodArray<S> =>
  z.array(item).min(1, 'must hold something, or be left out').max(listMax);
const minorUnits = z.int().min(0, 'must not be below 0').max(Number.MAX_SAFE_INTEGER);
const byCurrency = z
  .record(z.string(), minorUnits)
  .superRefine((amounts, context) => {
    for (const code of Object.keys(amounts).filter((name) => !isCurrency(name))) {
      const message = 'must be an ISO 4217 code that this service knows';
      context.addIssue({ code: 'custom', path: [code], message });
    }
  })
  .meta({ description: 'Minor units by currency.' });

const conditionsSchema = z
  .strictObject({
    methods: few(z.enum(paymentMethodTypes)).optional(),
    brands: few(brand).optional(),
    currencies: few(z.enum(currencies)).optional(),
    countries: few(country).optional(),
    merchants: few(z.string().regex(merchantIdPattern, 'must be the id of a merchant')).optional(),
    amount: z
      .strictObject({ min: amountSchema.optional(), max: amountSchema.optional() })
      .refine(({ min = 1, max = Infinity }) => min <= max, 'must have min at most max')
      .optional(),
  })
  .superRefine(({ amount, currencies: of }, context) => {
    if (amount === undefined || of?.length === 1) return;
    const message = 'means nothing without exactly one currency: minor units differ';
    context.addIssue({ code: 'custom', path: ['amount'], message });
  })
  .meta({ description: 'All of it must hold; what is left out always does.' });

const ruleSchema = z
  .strictObject({
    name: textSchema(64),
    when: conditionsSchema.optional(),
    order: z.enum(routingOrders),
    targets: few(
      z.strictObject({
        provider: z.string(),
        weight: z.int().min(1).max(1_000).optional(),
      }),
    ),
  })
  .superRefine(({ order, targets }, context) => {
    for (const [index, { weight }] of targets.entries()) {
      if (weight === undefined || order === 'weighted') continue;
      const message = 'belongs to order weighted only';
      context.addIssue({ code: 'custom', path: ['targets', index, 'weight'], message });
    }
  });

const termsSchema = z.strictObject({
  provider: z.string(),
  basis_points: z.int().min(0).max(10_000),
  fixed: byCurrency.meta({ description: 'A currency that is not here has no known cost.' }),
  amount_max: byCurrency.optional(),
});

const fields = {
  rules: z.array(ruleSchema).max(listMax),
  providers: z.array(termsSchema).max(listMax),
  explore_percent: z.int().min(0).max(50),
  failover_declines: z.array(z.enum(Object.keys(failoverDeclines))).max(listMax),
};

/** For an installation with these providers. */
export function rulesInputSchema(providers: readonly string[]): z.ZodObject<typeof fields> {
  return z
    .strictObject(fields)
    .superRefine(({ rules, providers: terms, failover_declines: declines }, context) => {
      const unknown = (path: PropertyKey[], value: string): void => {
        if (providers.includes(value)) return;
        context.addIssue({ code: 'custom', path, message: 'names no provider of this service' });
      };
      const twice = (values: readonly string[], path: (index: number) => PropertyKey[]): void => {
        for (const [index, value] of values.entries()) {
          if (values.indexOf(value) === index) continue;
          context.addIssue({ code: 'custom', path: path(index), message: 'must not come twice' });
        }
      };
      twice(rules.map(({ name }) => name), (n) => ['rules', n, 'name']); // prettier-ignore
      twice(terms.map(({ provider }) => provider), (n) => ['providers', n, 'provider']); // prettier-ignore
      twice(declines, (n) => ['failover_declines', n]);
      for (const [n, { provider }] of terms.entries()) unknown(['providers', n, 'provider'], provider); // prettier-ignore
      for (const [n, { targets }] of rules.entries()) {
        const path = (m: number): PropertyKey[] => ['rules', n, 'targets', m, 'provider'];
        twice(targets.map(({ provider }) => provider), path); // prettier-ignore
        for (const [m, { provider }] of targets.entries()) unknown(path(m), provider);
      }
    })
    .meta({ id: 'RoutingRulesInput' });
}

export const rulesSchema = z
  .strictObject({
    object: z.literal('routing_rules'),
    version: z.int().min(1),
    ...fields,
    written_at: z.iso.datetime(),
    written_by: z.string(),
    approved_by: z.string().nullable(),
    reason: z.string(),
  })
  .meta({ id: 'RoutingRules' });

export const routeSchema = z
  .strictObject({
    object: z.literal('route'),
    rules_version: z.int(),
    rule: z.string().nullable().meta({ description: 'Null: none holds, or there is none.' }),
    explored: z.boolean(),
    order: z.array(
      z.strictObject({
        provider: z.string(),
        probability: z.number().meta({ description: 'To come first, of payments like this one.' }),
        cost: z.string().nullable().meta({ description: 'Minor units, to four decimals.' }),
      }),
    ),
    excluded: z.array(z.strictObject({ provider: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Route' });

const health = ['available', 'probe', 'breaker_open', 'rate_limited', 'at_capacity'] as const;

export const providerSchema = z
  .strictObject({
    object: z.literal('provider'),
    name: z.string(),
    capabilities: z.array(z.string()),
    contract: z.record(z.string(), z.unknown()).meta({ description: 'What it promises.' }),
    health: z.enum(health),
    breaker: z.strictObject({
      state: z.enum(['closed', 'open']),
      open_since: z.iso.datetime({ offset: true }).nullable(),
      reason: z.string().nullable(),
      next_probe_in_ms: z.int().nullable(),
    }),
    left_alone_for_ms: z.int(),
  })
  .meta({ id: 'Provider' });

export type RulesView = z.infer<typeof rulesSchema>;
export type RouteView = z.infer<typeof routeSchema>;
export type ProviderView = z.infer<typeof providerSchema>;
