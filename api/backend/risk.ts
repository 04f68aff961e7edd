/** The API's port to risk rules and lists, as a worker: it asks for rules, and cannot write them. */
import { setImmediate as breathe } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Db } from '../../db/client.ts';
import type { Database } from '../../db/database.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import { listPastDecisions } from '../../db/risk-decisions.ts';
import { addListEntry, entityOfPayment, entityValue, listEntries, removeListEntry, type ListEntryRow } from '../../db/risk-lists.ts'; // prettier-ignore
import { activeRulesOf, askForRiskRules, findDryRun, listRiskRules, readRiskRules } from '../../db/risk-rules.ts'; // prettier-ignore
import { addDryRuns, dryRun, type DryRun } from '../../domain/risk/dry-run.ts';
import type { FactType } from '../../domain/risk/facts.ts';
import type { RiskRule } from '../../domain/risk/rules.ts';
import { approvalLifeMs } from '../../domain/timing.ts';
import type { Principal } from '../ports.ts';
import type { ListEntryInput, Risk } from '../risk/ports.ts';
import { dryRunDefault } from '../risk/rule-schema.ts';
import { paged } from './paged.ts';
import { readRiskReport } from './risk-report.ts';

export interface RiskBackend {
  readonly workerDb: Db;
  readonly facts: ReadonlyMap<string, FactType>;
}

export function createRisk({ workerDb, facts }: RiskBackend): Risk {
  return {
    facts,
    readRules: (merchantId, version) => readRiskRules(workerDb, merchantId, version),
    listRules: async (merchantId, { limit, after }) => {
      const before = after === undefined ? undefined : Number(after);
      return paged(await listRiskRules(workerDb, merchantId, limit, before), limit);
    },
    askForRules: async (merchantId, expected, rules, by) => {
      const tried = await tryOn(workerDb, merchantId, rules, dryRunDefault);
      const asked = { merchantId, expected, rules, dryRun: tried, ...by, lifeMs: approvalLifeMs };
      return askForRiskRules(workerDb, asked);
    },
    dryRun: (merchantId, rules, limit) => tryOn(workerDb, merchantId, rules, limit),
    report: (merchantId, wanted) => readRiskReport(workerDb, merchantId, wanted),
    findDryRun: ({ merchantId }, approvalId) => findDryRun(workerDb, merchantId, approvalId),
    listEntries: async (merchantId, list, filter, page) =>
      paged(await listEntries(workerDb, merchantId, list, filter, page), page.limit),
    removeEntry: (merchantId, list, id, by) => removeListEntry(workerDb, merchantId, list, id, by),
    addEntry: async (principal, key, input, by) => {
      const { merchantId, person = '' } = principal;
      const made = await makeOnce<Kept>(
        workerDb,
        { ...key, merchant_id: merchantId, person },
        (trx) => add(trx, principal, input, by),
        ({ fresh }) => (fresh ? 201 : 409),
      );
      if (made.kind === 'key_reused') return made;
      if (made.kind === 'refused') {
        const detail = `names no payment of this merchant, or one without a ${input.entity}`;
        return { kind: 'invalid', errors: [{ pointer: '/payment_id', detail }] };
      }
      const { fresh, entry } = made.object;
      return { kind: fresh ? 'added' : 'already_listed', entry, replayed: made.replayed };
    },
  };
}

/** So many at a time; payments are answered in between. */
const atOnce = 20;

async function tryOn(
  workerDb: Db,
  merchantId: string | null,
  rules: readonly RiskRule[],
  limit: number,
): Promise<DryRun> {
  const past = await listPastDecisions(workerDb, merchantId, limit);
  const merchants = [...new Set(past.map((decision) => decision.merchantId))];
  const setsOf = await activeRulesOf(workerDb, merchants);
  const draft = { scope: merchantId === null ? 'global' : 'merchant', rules } as const;
  let total = dryRun(draft, setsOf, []);
  for (let from = 0; from < past.length; from += atOnce) {
    total = addDryRuns(total, dryRun(draft, setsOf, past.slice(from, from + atOnce)));
    await breathe();
  }
  return total;
}

/** As it is kept under the key. */
interface Kept {
  readonly id: string;
  readonly fresh: boolean;
  readonly entry: ListEntryRow;
}

/** Null: the payment is not there, or does not name such a thing. */
async function add(
  trx: Transaction<Database>,
  { merchantId }: Principal,
  { scope, list, entity, named, expiresAt }: ListEntryInput,
  { actor, reason }: { readonly actor: string; readonly reason: string },
): Promise<Kept | null> {
  const value =
    'value' in named
      ? await entityValue(trx, merchantId, entity, named.value)
      : await entityOfPayment(trx, merchantId, entity, named.paymentId);
  if (value === null) return null;
  const { fresh, entry } = await addListEntry(trx, {
    ...{ merchant_id: scope === 'global' ? null : merchantId, list, entity, value, reason },
    ...{ added_by: actor, expires_at: expiresAt },
  });
  return { id: entry.id, fresh, entry };
}
