import { adyenContract } from '../adyen/contract.ts';
import { answerDownload } from '../adyen/downloads.ts';
import { answerAdyen } from '../adyen/routes.ts';
import { answerBank } from '../bank/routes.ts';
import type { Context } from '../context.ts';
import { findContract, type Contract } from '../contracts.ts';
import { answerBooks } from '../control/books.ts';
import type { ClockControl } from '../control/clock.ts';
import { answerFaults } from '../control/faults.ts';
import { answerTokens } from '../control/tokens.ts';
import { answerDisputes } from '../disputes/routes.ts';
import { answerReports } from '../settlement/reports.ts';
import { answerStatements } from '../settlement/statements.ts';
import { stripeContract } from '../stripe/contract.ts';
import { answerStripe } from '../stripe/routes.ts';
import { answerChallenge } from './challenge-routes.ts';
import { answerProvider } from './provider-routes.ts';
import { errorReply, jsonReply } from './reply.ts';
import type { Answer, Reply } from './reply.ts';
import type { Request } from './request.ts';

const notHere = errorReply(404, 'not_found', 'no_such_address', 'nothing is served here');

/** They speak another language than the sandbox's own; testers open and decide their disputes all the same. */
const spokenContracts: Readonly<Partial<Record<string, Contract>>> = {
  stripe: stripeContract,
  adyen: adyenContract,
};

export type Router = (request: Request) => Promise<Answer>;

function answerControl(context: Context, request: Request): Reply | null {
  const [first] = request.segments;
  if (first === 'tokens') return answerTokens(context, request);
  if (first === 'faults') return answerFaults(context, request);
  if (request.method !== 'GET') return null;
  if (first === 'books') return answerBooks(context, request.query.get('provider'));
  if (first === 'livez') return jsonReply(200, { ok: true });
  return null;
}

export function createRouter(context: Context, clock: ClockControl): Router {
  return async (request) => {
    const [first = ''] = request.segments;
    const file = answerReports(context, request) ?? answerStatements(context, request);
    if (file !== null) return file;
    if (first === 'bank') return answerBank(context, request);
    const ownWords = spokenContracts[first];
    if (ownWords !== undefined && request.segments[1] === 'disputes') {
      return answerDisputes(context, ownWords, request) ?? notHere;
    }
    if (first === 'stripe') return answerStripe(context, request);
    if (first === 'adyen') {
      return answerDownload(context, request) ?? answerAdyen(context, request);
    }
    const contract = findContract(first);
    if (contract !== undefined) return answerProvider(context, contract, request);
    if (first === 'challenges') return answerChallenge(context, request);
    if (first === 'clock' && request.method === 'POST') return clock.answer(request);
    return answerControl(context, request) ?? notHere;
  };
}
