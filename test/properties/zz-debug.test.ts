import { test } from '@jest/globals';
import { aContract, now } from '../support/payments.ts';
import { live } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';
import { aRow, contracts } from './fixtures.ts';
test('debug', async () => {
  const history = JSON.parse(process.env['H'] ?? '{}');
  const database = createMemoryDatabase(aRow(history), 'own', now);
  let end: unknown;
  try {
    const lived = await live(history, database, contracts);
    end = [
      lived.end,
      lived.providers.map((p) => [p.provider.contract.name, p.net(), p.held(), p.bookedTwice()]),
    ];
  } catch (e) {
    end = e;
  }
  for (const c of database.commits) {
    const p = c.after.payment;
    console.log(
      ((c.at - now) / 1000).toFixed(1),
      p.status,
      'cap',
      p.amount_captured,
      p.capture_reserved,
      'ref',
      p.amount_refunded,
      p.refund_reserved,
      c.after.attempts.map((a) => `${a.id}@${a.provider}:${a.status}/${a.sent_count}`).join(' '),
      '|',
      c.after.operations.map((o) => `${o.id}:${o.kind}:${o.status}/${o.sent_count}`).join(' '),
      '|',
      c.timeline.map((t) => t.kind + ':' + (t.evidence['detail'] ?? '')).join(','),
      'wake',
      p.wake_at === null ? null : (Date.parse(p.wake_at) - now) / 1000,
    );
  }
  console.log(end);
});
