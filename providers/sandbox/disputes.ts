/** Disputes at the sandbox: accepted, answered, looked at. */
import { z } from 'zod';
import type {
  DisputeAnswerOutcome,
  DisputeAnswerRequest,
  DisputeDesk,
  DisputeLook,
} from '../../domain/provider-disputes.ts';
import { evidenceOf } from '../evidence.ts';
import type { HttpAnswer, HttpClient } from './client.ts';
import { parseJson, readFailure } from './replies.ts';

const disputeSchema = z.object({
  object: z.literal('dispute'),
  id: z.string(),
  status: z.enum(['needs_response', 'under_review', 'accepted', 'won', 'lost']),
  answers: z.array(z.object({ reference: z.string() })),
});

/** A definite no of the provider; whatever else it says may have been taken all the same. */
const refusals: readonly string[] = ['dispute_closed', 'dispute_answered', 'dispute_due_passed'];

/** What the answer to accepting or submitting means. Pure. */
export function mapDisputeReply(
  provider: string,
  { reference, providerReference }: DisputeAnswerRequest,
  answer: HttpAnswer,
): DisputeAnswerOutcome {
  const evidence = (detail: string): { readonly evidence: DisputeAnswerOutcome['evidence'] } => ({
    evidence: evidenceOf('provider_reply', provider, detail, providerReference),
  });
  if (answer.kind === 'not_connected') return { kind: 'not_sent', ...evidence(answer.detail) };
  if (answer.kind === 'no_answer') return { kind: 'unknown', ...evidence(answer.detail) };
  const http = `http_${String(answer.status)}`;
  const wait = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
  const isRefused = answer.status === 503 && answer.disposition === 'refused';
  if (answer.status === 429 || isRefused) return { kind: 'not_sent', ...evidence(http), ...wait };
  const json = parseJson(answer.text);
  if (answer.status === 200) {
    const { data } = disputeSchema.safeParse(json);
    const isOurs = data?.id === providerReference;
    if (isOurs && data.answers.some((one) => one.reference === reference)) {
      return { kind: 'taken', ...evidence(`${http} ${data.status}`) };
    }
  }
  const code = readFailure(json)?.error.code;
  if (answer.status === 409 && code !== undefined && refusals.includes(code)) {
    return { kind: 'refused', code, ...evidence(`${http} ${code}`) };
  }
  return { kind: 'unknown', ...evidence(`${http} unexpected_reply`), ...wait };
}

export function mapDisputeLook(provider: string, id: string, answer: HttpAnswer): DisputeLook {
  const evidence = (detail: string): { readonly evidence: DisputeLook['evidence'] } => ({
    evidence: evidenceOf('lookup', provider, detail, id),
  });
  if (answer.kind !== 'answered') return { kind: 'no_answer', ...evidence(answer.detail) };
  const http = `http_${String(answer.status)}`;
  const { data } = disputeSchema.safeParse(parseJson(answer.text));
  if (answer.status !== 200 || data?.id !== id) {
    const wait = answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
    return { kind: 'no_answer', ...evidence(`${http} unexpected_reply`), ...wait };
  }
  const answers = data.answers.map(({ reference }) => reference);
  return { kind: 'found', status: data.status, answers, ...evidence(`${http} ${data.status}`) };
}

export function createDisputeDesk(provider: string, client: HttpClient): DisputeDesk {
  const place = (id: string): string => `/${provider}/disputes/${encodeURIComponent(id)}`;
  const send = async (
    verb: 'accept' | 'evidence',
    request: DisputeAnswerRequest,
  ): Promise<DisputeAnswerOutcome> => {
    const { reference, idempotencyKey, providerReference, evidence } = request;
    const body = verb === 'accept' ? { reference } : { reference, evidence };
    const path = `${place(providerReference)}/${verb}`;
    const answer = await client.call({ method: 'POST', path, idempotencyKey, body });
    return mapDisputeReply(provider, request, answer);
  };
  return {
    accept: (request) => send('accept', request),
    submitEvidence: (request) => send('evidence', request),
    look: async (id) =>
      mapDisputeLook(provider, id, await client.call({ method: 'GET', path: place(id) })),
  };
}
