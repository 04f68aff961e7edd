/**
 * A provider behind its guard: the same port, and it is still what it can do. What is not let through is
 * `not_sent`, which it certainly was, so that the next provider may take it at once.
 */
import type {
  LookupResult,
  Provider,
  ProviderEvidence,
  ProviderOutcome,
  VoidByReferenceResult,
} from '../../domain/provider.ts';
import type {
  DisputeAnswerOutcome,
  DisputeDesk,
  DisputeLook,
} from '../../domain/provider-disputes.ts';
import type { Guard, GuardedCall, Refusal, Verdict } from './guard.ts';

export function protect(provider: Provider, guard: Guard): Provider {
  const { name } = provider.contract;
  const evidence = (
    kind: ProviderEvidence['kind'],
    why: Refusal,
  ): { readonly evidence: ProviderEvidence } => ({
    evidence: { kind, provider: name, detail: `not let through: ${why}` },
  });
  const outcomeOf = (work: () => Promise<ProviderOutcome>): GuardedCall<ProviderOutcome> => ({
    work,
    judge: judgeOutcome,
    refused: (why) => ({ kind: 'not_sent', ...evidence('provider_reply', why) }),
  });
  const operation = (work: () => Promise<ProviderOutcome>): Promise<ProviderOutcome> =>
    guard.operation(outcomeOf(work));
  const {
    capture,
    void: release,
    refund,
    increment,
    lookup,
    voidByReference,
    finishAction,
    disputes,
    payOut,
  } = provider;
  return {
    ...provider,
    authorize: (request) => guard.attempt(outcomeOf(() => provider.authorize(request))),
    ...(capture && { capture: (request) => operation(() => capture.call(provider, request)) }),
    ...(release && { void: (request) => operation(() => release.call(provider, request)) }),
    ...(refund && { refund: (request) => operation(() => refund.call(provider, request)) }),
    ...(increment && {
      increment: (request) => operation(() => increment.call(provider, request)),
    }),
    ...(finishAction && {
      finishAction: (request) => operation(() => finishAction.call(provider, request)),
    }),
    ...(payOut && { payOut: (request) => operation(() => payOut.call(provider, request)) }),
    ...(disputes && { disputes: protectDesk(disputes, guard, evidence) }),
    ...(lookup && {
      lookup: (kind, reference, hint) =>
        guard.look<LookupResult>({
          work: () => lookup.call(provider, kind, reference, hint),
          judge: judgeLook,
          refused: (why) => ({ kind: 'no_answer', ...evidence('lookup', why) }),
        }),
    }),
    ...(voidByReference && {
      voidByReference: (reference) =>
        guard.look<VoidByReferenceResult>({
          work: () => voidByReference.call(provider, reference),
          judge: judgeLook,
          refused: (why) => ({ kind: 'no_answer', ...evidence('provider_reply', why) }),
        }),
    }),
  };
}

function protectDesk(
  desk: DisputeDesk,
  guard: Guard,
  evidence: (
    kind: ProviderEvidence['kind'],
    why: Refusal,
  ) => { readonly evidence: ProviderEvidence },
): DisputeDesk {
  const send = (work: () => Promise<DisputeAnswerOutcome>): Promise<DisputeAnswerOutcome> =>
    guard.operation({
      work,
      judge: judgeAnswer,
      refused: (why) => ({ kind: 'not_sent', ...evidence('provider_reply', why) }),
    });
  return {
    accept: (request) => send(() => desk.accept(request)),
    submitEvidence: (request) => send(() => desk.submitEvidence(request)),
    look: (reference) =>
      guard.look<DisputeLook>({
        work: () => desk.look(reference),
        judge: judgeLook,
        refused: (why) => ({ kind: 'no_answer', ...evidence('lookup', why) }),
      }),
  };
}

function judgeAnswer(outcome: DisputeAnswerOutcome): Verdict {
  if (outcome.kind === 'not_sent' || outcome.kind === 'unknown') return judgeOutcome(outcome);
  return { health: 'well', what: `${outcome.kind} ${outcome.evidence.detail}` };
}

/** A no is an answer like any other; what was refused for its rate says nothing about health. */
export function judgeOutcome(outcome: ProviderOutcome): Verdict {
  const what = `${outcome.kind} ${outcome.evidence.detail}`;
  switch (outcome.kind) {
    case 'approved':
    case 'pending':
    case 'declined':
    case 'requires_action':
      return { health: 'well', what };
    case 'not_sent':
    case 'unknown': {
      const { retryAfterMs } = outcome;
      const onlyFull = outcome.kind === 'not_sent' && retryAfterMs !== undefined;
      return { health: onlyFull ? 'silent' : 'sick', what, retryAfterMs };
    }
  }
}

/** It says nothing of health; whoever asks to be left alone is. */
function judgeLook(answer: LookupResult | VoidByReferenceResult | DisputeLook): Verdict {
  const { retryAfterMs } = answer.kind === 'no_answer' ? answer : {};
  return { health: 'silent', what: '', retryAfterMs };
}
