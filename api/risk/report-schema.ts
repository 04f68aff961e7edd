/** How risk was judged: shares are 0 to 1, amounts decimal strings of minor units, days UTC. */
import { z } from 'zod';
import { riskActions } from '../../domain/risk/rules.ts';
import { failModes } from '../../domain/risk/settings.ts';
import { minorUnitsSchema, textSchema } from '../schema/fields.ts';

const daysDefault = 28;
const capacityDefault = 100;

export const reportQuery = z.strictObject({
  scope: z.enum(['merchant', 'global']).optional().meta({ description: 'Default merchant' }),
  days: z
    .string()
    .regex(/^([2-9]|[1-8]\d|90)$/, 'must be an integer from 2 to 90')
    .optional()
    .meta({ description: `The days that end now; 2 to 90, default ${daysDefault}`, example: '28' }),
  capacity: z
    .string()
    .regex(/^([1-9]\d{0,3}|10000)$/, 'must be an integer from 1 to 10000')
    .optional()
    .meta({
      description: `Payments that people can look at in a day; default ${capacityDefault}`,
      example: '100',
    }),
  model: textSchema(64).optional().meta({
    description: 'Quality and shadows only of what this version of a model decided',
  }),
});

export function wantedOf({ days, capacity, model }: z.output<typeof reportQuery>): {
  readonly days: number;
  readonly capacity: number;
  readonly model: string | undefined;
} {
  return {
    days: Number(days ?? daysDefault),
    capacity: Number(capacity ?? capacityDefault),
    model,
  };
}

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const instant = z.iso.datetime();
const span = { from: instant, to: instant.meta({ description: 'Not included.' }) };

const sampleSchema = z
  .strictObject({
    decisions: count,
    limit: count,
    from: instant.nullable().meta({ description: 'Of the oldest one; null: there are none.' }),
  })
  .meta({ id: 'RiskSample', description: 'So many were looked at: the newest, limit at most.' });

const spread = z.strictObject({ ...span, decisions: count });

const ratesSchema = z.strictObject(
  Object.fromEntries(
    riskActions.map((action) => [action, z.strictObject({ count, share })]),
  ) as Record<
    (typeof riskActions)[number],
    z.ZodObject<{ count: typeof count; share: typeof share }>
  >,
);

const caught = {
  flagged: count.meta({ description: 'The highest scored of each day, capacity at most.' }),
  unlabelled: count.meta({ description: 'Of the flagged: no money was taken, nobody can tell.' }),
  frauds: count.meta({ description: 'Of the flagged: disputed as fraud by now.' }),
  precision: share.nullable().meta({ description: 'frauds / (flagged - unlabelled)' }),
  frauds_known: count.meta({ description: 'Of all that were looked at.' }),
  recall: share.nullable().meta({ description: 'frauds / frauds_known' }),
};

const driftSchema = z.strictObject({
  reference: spread,
  current: spread,
  features: z.array(
    z.strictObject({
      feature: z.string(),
      psi: z.number().min(0).nullable().meta({
        description: 'Population stability index; null: too few decisions to say.',
      }),
      drift: z.enum(['none', 'moderate', 'major']).nullable().meta({
        description: 'moderate from 0.1, major from 0.25',
      }),
    }),
  ),
});

const daySchema = z.strictObject({
  day: z.iso.date(),
  decisions: count,
  outcomes: ratesSchema,
  unscored: z
    .strictObject(
      Object.fromEntries(failModes.map((mode) => [mode, count])) as Record<
        (typeof failModes)[number],
        typeof count
      >,
    )
    .meta({ description: 'Risk could not be told: what was done instead.' }),
  fail_reasons: z.record(z.string(), count).meta({ description: 'Why it could not be told.' }),
});

const sideSchema = z.strictObject({ actions: ratesSchema, ...caught });

export const reportSchema = z
  .strictObject({
    object: z.literal('risk_report'),
    scope: z.enum(['merchant', 'global']),
    ...span,
    capacity: count,
    model: z.string().nullable(),
    drift: driftSchema,
    rates: z.strictObject({ sample: sampleSchema, days: z.array(daySchema) }),
    quality: z.strictObject({
      ...span,
      sample: sampleSchema,
      decisions: count.meta({ description: 'Of the sample, scored (by this model).' }),
      ...caught,
      value: z.array(
        z.strictObject({
          currency: z.string(),
          fraud_amount: minorUnitsSchema,
          caught_amount: minorUnitsSchema.meta({ description: 'Of the flagged.' }),
          recall: share,
        }),
      ),
      days: z.array(z.strictObject({ day: z.iso.date(), ...caught })),
    }),
    shadows: z.array(
      z.strictObject({
        version: z.string(),
        decisions: count.meta({ description: 'Both models said something of them.' }),
        silent: count.meta({ description: 'It was asked and said nothing.' }),
        agreement: share.nullable().meta({ description: 'Asked for the same action.' }),
        acting: sideSchema,
        shadow: sideSchema,
      }),
    ),
  })
  .meta({ id: 'RiskReport' });

export type ReportView = z.infer<typeof reportSchema>;
