import { z } from 'zod';
import { minorUnitsSchema } from '../schema/fields.ts';

const count = z.int().min(0);

export const closeSchema = z
  .strictObject({
    object: z.literal('close'),
    period: z.string(),
    kind: z.enum(['day', 'month']),
    starts_at: z.iso.datetime(),
    ends_at: z.iso.datetime(),
    as_of: z.iso
      .datetime()
      .meta({ description: 'Recorded up to then is what the figures are of.' }),
    closed_at: z.iso.datetime(),
    closed_by: z.string(),
    reason: z.string(),
    entries: count.meta({ description: 'Journal entries effective in the period.' }),
    chain_head: z.string().nullable(),
    open_alarms: count,
    unknown_count: count.meta({ description: 'Attempts and operations whose outcome is unknown.' }),
    unknown_exposure: z.record(z.string(), minorUnitsSchema),
  })
  .meta({ id: 'Close' });

export const alarmSchema = z
  .strictObject({
    object: z.literal('ledger_alarm'),
    id: z.string(),
    proof: z.string(),
    what: z.string(),
    raised_at: z.iso.datetime(),
  })
  .meta({ id: 'LedgerAlarm' });

export type CloseView = z.infer<typeof closeSchema>;
export type AlarmView = z.infer<typeof alarmSchema>;
