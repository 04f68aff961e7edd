/** What a merchant has decided about itself; changed by two people. */
import { z } from 'zod';
import { isCurrency } from '../../domain/currency.ts';
import { failModes, onAttacks } from '../../domain/risk/settings.ts';
import { presentApproval } from '../approvals/presenter.ts';
import { approvalSchema } from '../approvals/schema.ts';
import { changedMeanwhile, expectedVersion } from '../if-match.ts';
import { readRoute, replaceRoute, type Route } from '../route.ts';
import { requireStaff, staffAct } from '../staff-act.ts';
import type { Settings } from './ports.ts';

function byCurrency<V extends z.ZodType>(value: V): z.ZodRecord<z.ZodString, V> {
  return z.record(z.string(), value).superRefine((found, context) => {
    for (const code of Object.keys(found).filter((name) => !isCurrency(name))) {
      const message = 'must be an ISO 4217 code that this service knows';
      context.addIssue({ code: 'custom', path: [code], message });
    }
  });
}

const minorUnits = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const shown = z.string().trim().min(1).max(100);

const payouts = z
  .strictObject({
    delay_days: z.int().min(0).max(90).nullable().optional(),
    reserve_basis_points: z.int().min(0).max(10_000).optional(),
    reserve_days: z.int().min(0).max(365).optional(),
    schedule: z.enum(['manual', 'daily', 'weekly']).optional(),
    minimums: byCurrency(minorUnits).optional(),
    destinations: byCurrency(
      z.strictObject({
        provider: shown,
        token: shown.regex(/^[\x21-\x7e]+$/),
        last4: z.string().regex(/^[0-9A-Z]{4}$/),
        holder: shown,
      }),
    )
      .optional()
      .meta({ description: 'By currency: an account as its bank knows it, by a token' }),
  })
  .meta({ id: 'PayoutSettings', description: 'Of a merchant of a facilitator' });

const probability = z.number().min(0).max(1).nullable();
const risk = z
  .strictObject({
    appetite: z
      .strictObject({
        challenge: probability.optional(),
        review: probability.optional(),
        block: probability.optional(),
      })
      .optional()
      .meta({
        description:
          'Probability of fraud, 0 to 1, from which on a payment is challenged by 3-D Secure, waits for a review, or is blocked; null: never by the score',
      }),
    on_failure: z.enum(failModes).optional().meta({
      description: 'Where risk cannot be told in time; left out: allow_with_rules',
    }),
    on_attack: z.enum(onAttacks).optional().meta({
      description:
        'Card testing and other attacks: challenged or blocked for a while, or only told of; left out: tighten, in test mode observe',
    }),
    review: z
      .strictObject({
        within_hours: z.number().min(0.25).max(120).optional(),
        on_deadline: z.enum(['approve', 'decline']).optional(),
      })
      .optional()
      .meta({ description: 'Left out: 24 hours, then declined' }),
  })
  .meta({ id: 'RiskSettings' });

const fields = {
  refund_limits: byCurrency(minorUnits).nullable().meta({
    description:
      'Minor units by currency: what one person alone may refund of a payment. Null: all of it.',
  }),
};

const settingsSchema = z
  .strictObject({
    object: z.literal('settings'),
    merchant_id: z.string(),
    version: z.int().min(1),
    ...fields,
    payouts,
    risk,
  })
  .meta({ id: 'Settings' });

const inputSchema = z
  .strictObject({
    ...fields,
    payouts: payouts.optional(),
    risk: risk.optional(),
  })
  .meta({ id: 'SettingsInput' });

export function settingsRoutes(settings: Settings): readonly Route[] {
  return [readSettingsRoute(settings), putSettingsRoute(settings)];
}

function readSettingsRoute(settings: Settings): Route {
  return readRoute(
    {
      tag: 'Settings',
      scopes: ['settings:read'],
      path: '/v1/settings',
      operationId: 'getSettings',
      summary: 'What this merchant has decided about itself; ETag is the version',
      answers: { 200: { description: 'The settings', schema: settingsSchema } },
    },
    async ({ principal }) => {
      requireStaff(principal);
      const { version, ...shown } = await settings.read(principal);
      const body = { object: 'settings', version, ...shown };
      return { status: 200, headers: { ETag: `"${version}"` }, body };
    },
  );
}

function putSettingsRoute(settings: Settings): Route {
  return replaceRoute(
    {
      tag: 'Settings',
      scopes: ['settings:write'],
      path: '/v1/settings',
      operationId: 'putSettings',
      summary:
        'Ask for other settings, after the version that If-Match names; another person approves',
      body: inputSchema,
      answers: {
        202: { description: 'What another person is to approve', schema: approvalSchema },
      },
    },
    async ({ principal, body, ifMatch }) => {
      const by = staffAct(principal);
      const { version: newest } = await settings.read(principal);
      const asked = await settings.ask(principal, expectedVersion(ifMatch, newest), body, by);
      if (asked === null) throw changedMeanwhile();
      const headers = { Location: `/v1/approvals/${asked.id}` };
      return { status: 202, headers, body: presentApproval(asked) };
    },
  );
}
