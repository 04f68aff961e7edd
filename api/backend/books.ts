/** The API's port to the books of the whole installation; as a worker, since they are of every merchant. */
import type { Db } from '../../db/client.ts';
import { acknowledgeAlarm, listOpenAlarms } from '../../db/ledger-alarms.ts';
import { closePeriod } from '../../db/ledger-closes.ts';
import type { Books } from '../ledger/ports.ts';

const day = /^\d{4}-\d\d-\d\d$/;

export function createBooks(db: Db): Books {
  return {
    close: (period, actor, reason) =>
      closePeriod(db, {
        ...(day.test(period)
          ? { kind: 'day', date: period }
          : { kind: 'month', date: `${period}-01` }),
        actor,
        reason,
      }),
    openAlarms: () => listOpenAlarms(db),
    acknowledge: (alarmId, actor, reason) => acknowledgeAlarm(db, alarmId, actor, reason),
  };
}
