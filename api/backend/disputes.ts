/** The API's port to disputes, over the database and the runs of their payments. */
import type { Db } from '../../db/client.ts';
import { findDispute, listDisputes } from '../../db/disputes.ts';
import { asMerchant } from '../../db/payments.ts';
import { refuse } from '../../domain/commands.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import { requestDisputeAnswer } from '../../domain/request-dispute-answer.ts';
import { newId } from '../../runtime/ids.ts';
import type { Commands } from '../commands/commands.ts';
import type { Disputes } from '../disputes/ports.ts';
import { paged } from './paged.ts';
import { actor, claim, result } from './payments.ts';

export interface DisputesBackend {
  readonly db: Db;
  readonly commands: Commands;
  readonly contractOf: (provider: string) => ProviderContract;
}

/** Held by the database as well, whoever writes. */
const constraints = {
  dispute_answers_one_open: refuse('dispute_answer_pending', 'An answer is on its way.'),
  dispute_answers_once: refuse('dispute_answered', 'It was answered so already.'),
};

export function createDisputes({ db, commands, contractOf }: DisputesBackend): Disputes {
  return {
    find: (principal, id) => asMerchant(db, principal.merchantId, (trx) => findDispute(trx, id)),
    list: (principal, filter, page) =>
      asMerchant(db, principal.merchantId, async (trx) =>
        paged(await listDisputes(trx, filter, page), page.limit),
      ),
    answer: async (principal, key, disputeId, { kind, evidence }, waitMs) => {
      const row = await asMerchant(db, principal.merchantId, (trx) => findDispute(trx, disputeId));
      if (row === null) return { kind: 'not_found' };
      const answerId = newId('dsa');
      const ask = { answerId, disputeId, kind, evidence, actor: actor(principal) };
      const question = {
        ...{ resource: 'dispute' as const, awaitsId: answerId, constraints },
        judge: (payment: PaymentState) => requestDisputeAnswer(payment, ask, contractOf),
      };
      return result(await commands.ask(claim(principal, key), row.payment_id, question, waitMs));
    },
  };
}
