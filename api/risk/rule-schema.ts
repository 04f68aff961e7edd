/** Risk rules as they are written and shown; each mistake is named by its field. */
import { z } from 'zod';
import { comparisons } from '../../domain/risk/conditions.ts';
import type { FactType } from '../../domain/risk/facts.ts';
import { entityKinds } from '../../domain/risk/lists.ts';
import {
  ruleFaults,
  rulesMax,
  valuesMax,
  type WrittenCondition,
} from '../../domain/risk/rule-faults.ts';
import { riskActions } from '../../domain/risk/rules.ts';
import { textSchema } from '../schema/fields.ts';

const scalar = z.union([textSchema(200), z.number(), z.boolean()]);
const parts = (): z.ZodOptional<z.ZodArray<z.ZodType<WrittenCondition>>> =>
  z.array(conditionSchema).max(valuesMax).optional();

const conditionSchema: z.ZodType<WrittenCondition> = z
  .strictObject({
    get and() {
      return parts();
    },
    get or() {
      return parts();
    },
    get not(): z.ZodOptional<z.ZodType<WrittenCondition>> {
      return conditionSchema.optional();
    },
    fact: textSchema(64).optional(),
    op: z.enum(comparisons).optional(),
    value: z.union([scalar, z.array(scalar).max(valuesMax)]).optional(),
    in_list: textSchema(64).optional(),
    entity: z.enum(entityKinds).optional(),
  })
  .meta({
    id: 'RiskCondition',
    description: 'Exactly one of and, or, not, fact (with op and value), in_list.',
  });

const ruleSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be a name in lower case, digits, - and _'),
  priority: z.int().min(0).max(1_000).meta({ description: 'The highest decides.' }),
  when: conditionSchema,
  action: z.enum(riskActions),
  note: z.string().max(500),
});

/** Over these facts. */
function rulesOver(facts: ReadonlyMap<string, FactType>): z.ZodArray<typeof ruleSchema> {
  return z
    .array(ruleSchema)
    .max(rulesMax)
    .superRefine((rules, context) => {
      for (const { path, detail } of ruleFaults(rules, facts)) {
        context.addIssue({ code: 'custom', path: [...path], message: detail });
      }
    });
}

export function riskRulesInputSchema(
  facts: ReadonlyMap<string, FactType>,
): z.ZodObject<{ rules: z.ZodArray<typeof ruleSchema> }> {
  return z.strictObject({ rules: rulesOver(facts) }).meta({ id: 'RiskRulesInput' });
}

export const dryRunMax = 10_000;
/** Of each PUT, and where nothing else is asked for. */
export const dryRunDefault = 2_000;

export function dryRunInputSchema(facts: ReadonlyMap<string, FactType>): z.ZodObject<{
  scope: z.ZodDefault<z.ZodEnum<{ merchant: 'merchant'; global: 'global' }>>;
  rules: z.ZodArray<typeof ruleSchema>;
  decisions: z.ZodDefault<z.ZodInt>;
}> {
  return z
    .strictObject({
      scope: z.enum(['merchant', 'global']).default('merchant'),
      rules: rulesOver(facts),
      decisions: z.int().min(1).max(dryRunMax).default(dryRunDefault).meta({
        description: 'So many of the newest at most.',
      }),
    })
    .meta({ id: 'RiskDryRunInput' });
}

export const riskRulesSchema = z
  .strictObject({
    object: z.literal('risk_rules'),
    scope: z.enum(['merchant', 'global']),
    version: z.int().min(1),
    rules: z.array(ruleSchema),
    written_at: z.iso.datetime().nullable().meta({ description: 'Null: version 1, no rules.' }),
    written_by: z.string(),
    approved_by: z.string().nullable(),
    approval_id: z.string().nullable(),
    reason: z.string(),
  })
  .meta({ id: 'RiskRules' });

const count = z.int().min(0);

export const dryRunSchema = z
  .strictObject({
    object: z.literal('risk_dry_run'),
    decisions: count.meta({ description: 'So many were looked at: the newest there are.' }),
    rules: z.array(
      z.strictObject({
        id: z.string(),
        hits: count,
        hit_rate: z.number().min(0).max(1),
        decided: count.meta({ description: 'Of the hits, those that it decided.' }),
        disputed_hits: count,
      }),
    ),
    changes: z.array(z.strictObject({ from: z.enum(riskActions), to: z.enum(riskActions), count })),
    disputes: z
      .strictObject({
        total: count,
        caught_before: count,
        caught_after: count,
        share_caught_after: z.number().min(0).max(1).nullable(),
      })
      .meta({ description: 'Caught: not simply let through. The share of none is null.' }),
  })
  .meta({ id: 'RiskDryRun' });

export type RiskRulesView = z.infer<typeof riskRulesSchema>;
export type DryRunView = z.infer<typeof dryRunSchema>;
