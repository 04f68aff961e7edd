/**
 * A provider with books of its own behind our port. It keeps its contract (keys, settling time, fences)
 * and nothing else: requests and replies are lost, late or held back as a script says. What it books is
 * the truth that ours is compared with.
 */
import type {
  AuthorizeRequest,
  LookupResult,
  OperationRequest,
  Provider,
  ProviderContract,
  ProviderEvidence,
  ProviderOutcome,
} from '../../domain/provider.ts';
import type { Authorization, Behaviour, Movement, World } from './provider-world.ts';

export interface ProviderModel {
  readonly provider: Provider;
  /** Money taken and not given back. */
  net(): bigint;
  /** Reserved and neither captured nor given back nor expired. */
  held(): bigint;
  /** Attempts that hold money, or may come to: reserved, taken, on a page or pending. */
  holding(): readonly string[];
  /** References of ours that were booked more than once. */
  bookedTwice(): readonly string[];
  pages(): readonly string[];
  finishPage(reference: string, end: 'approved' | 'declined' | 'pending'): void;
  references(): readonly string[];
  /** Nothing of that reference was booked, and the contract says that this can never be proven. */
  isParked(reference: string): boolean;
}

const pageLifeMs = 3_600_000;
const pendingMs = 300_000;
const lateMs = 5_000;

export function createProviderModel(contract: ProviderContract, world: World): ProviderModel {
  const authorizations = new Map<string, Authorization>();
  const movements: Movement[] = [];
  const replies = new Map<string, { readonly until: number; read(): ProviderOutcome }>();
  const fences = new Set<string>();

  const evidence = (kind: ProviderEvidence['kind'], detail: string): ProviderEvidence => ({
    kind,
    provider: contract.name,
    detail,
  });
  const no = (code: string, kind: ProviderEvidence['kind']): ProviderOutcome => ({
    kind: 'declined',
    decline: { code, advice: 'do_not_retry', providerCode: code },
    evidence: evidence(kind, code),
  });
  const yes = (
    reference: string,
    amountMinor: bigint,
    captured: boolean,
    kind: ProviderEvidence['kind'],
  ): ProviderOutcome => ({
    kind: 'approved',
    providerReference: `${contract.name}/${reference}`,
    amountMinor,
    currency: 'USD',
    captured,
    evidence: evidence(kind, 'approved'),
  });
  const waiting = (reference: string, kind: ProviderEvidence['kind']): ProviderOutcome => ({
    kind: 'pending',
    providerReference: `${contract.name}/${reference}`,
    evidence: evidence(kind, 'pending'),
  });

  const tick = (a: Authorization): void => {
    if (a.status === 'pending' && a.clearAt <= world.now()) a.status = 'approved';
    if (a.status === 'page' && a.clearAt <= world.now()) a.status = 'declined';
    if (a.status === 'approved' && a.sale && a.captured === 0n && !a.isClosed) {
      a.captured = a.amount;
      a.isClosed = true;
    }
  };
  const ofAuthorization = (a: Authorization, kind: ProviderEvidence['kind']): ProviderOutcome => {
    tick(a);
    switch (a.status) {
      case 'approved':
        if (!a.sale && a.captured === 0n && a.expiresAt <= world.now()) {
          return no('authorization_expired', kind);
        }
        return yes(a.reference, a.amount, a.sale, kind);
      case 'declined':
        return no('do_not_honor', kind);
      case 'voided':
        return no('already_voided', kind);
      case 'pending':
        return waiting(a.reference, kind);
      case 'page':
        return {
          kind: 'requires_action',
          providerReference: `${contract.name}/${a.reference}`,
          action: { type: 'redirect', url: 'https://page.example' },
          evidence: evidence(kind, 'requires_action'),
        };
    }
  };
  const ofMovement = (m: Movement, kind: ProviderEvidence['kind']): ProviderOutcome => {
    if (m.clearAt > world.now()) return waiting(m.reference, kind);
    return m.code === null ? yes(m.reference, m.amount, false, kind) : no(m.code, kind);
  };

  const book = {
    authorize: (request: AuthorizeRequest, verdict: Behaviour['verdict']) => {
      if (fences.has(request.reference)) return () => no('reference_voided', 'provider_reply');
      const status = {
        yes: 'approved',
        no: 'declined',
        late_yes: 'declined',
        page: 'page',
        pending: 'pending',
      } as const;
      const a: Authorization = {
        reference: request.reference,
        amount: request.amountMinor,
        sale: request.capture,
        expiresAt: world.now() + contract.authorizationLifeMs,
        status: status[verdict],
        clearAt: world.now() + (verdict === 'page' ? pageLifeMs : pendingMs),
        captured: 0n,
        refunded: 0n,
        isClosed: false,
      };
      authorizations.set(request.reference, a);
      if (verdict === 'late_yes') {
        world.at(world.now() + lateMs, () => {
          if (a.status === 'declined') a.status = 'approved';
        });
      }
      tick(a);
      return () => ofAuthorization(a, 'provider_reply');
    },
    move: (kind: Movement['kind'], request: OperationRequest, verdict: Behaviour['verdict']) => {
      const { reference, amountMinor: amount, attemptReference } = request;
      const a = authorizations.get(attemptReference);
      const refusal = a === undefined ? 'no_such_authorization' : refuse(kind, a, amount);
      const code = refusal ?? (verdict === 'no' ? 'do_not_honor' : null);
      if (a !== undefined && code === null) effect(kind, a, request);
      const clearAt = verdict === 'pending' && code === null ? world.now() + pendingMs : 0;
      const m: Movement = { reference, kind, amount, attemptReference, code, clearAt };
      movements.push(m);
      return () => ofMovement(m, 'provider_reply');
    },
  };

  const refuse = (kind: Movement['kind'], a: Authorization, amount: bigint): string | null => {
    tick(a);
    if (kind === 'refund')
      return amount > a.captured - a.refunded ? 'refund_exceeds_captured' : null;
    if (a.status === 'voided') return 'already_voided';
    if (a.isClosed) return 'already_captured';
    if (a.status === 'approved' && a.expiresAt <= world.now()) return 'authorization_expired';
    if (kind === 'void') return a.status === 'declined' ? 'already_voided' : null;
    if (a.status !== 'approved') return 'not_authorized';
    return amount > a.amount - a.captured ? 'capture_exceeds_authorization' : null;
  };
  const effect = (kind: Movement['kind'], a: Authorization, request: OperationRequest): void => {
    if (kind === 'refund') a.refunded += request.amountMinor;
    else if (kind === 'capture') {
      a.captured += request.amountMinor;
      a.isClosed = request.final || a.captured === a.amount;
    } else if (a.captured > 0n) a.isClosed = true;
    else a.status = 'voided';
  };

  const arrive = (key: string, act: () => () => ProviderOutcome): ProviderOutcome => {
    const stored = replies.get(key);
    if (stored !== undefined && stored.until > world.now()) return stored.read();
    const read = act();
    world.booked();
    const outcome = read();
    if (outcome.kind !== 'declined' || contract.errorsCached) {
      replies.set(key, { until: world.now() + contract.keyLifeMs, read });
    }
    return outcome;
  };
  const call = async (
    key: string,
    act: (verdict: Behaviour['verdict']) => () => ProviderOutcome,
  ): Promise<ProviderOutcome> => {
    const { wire, verdict } = world.nextCall();
    const received = (): ProviderOutcome => arrive(key, () => act(verdict));
    const unknown = (detail: string): ProviderOutcome => ({
      kind: 'unknown',
      evidence: evidence('provider_reply', detail),
    });
    const notSent = {
      kind: 'not_sent',
      evidence: evidence('provider_reply', 'refused'),
    } as const;
    switch (wire) {
      case 'ok':
        return received();
      case 'refused':
        return notSent;
      case 'request_lost':
        return unknown(wire);
      case 'reply_lost':
        received();
        return unknown(wire);
      case 'late':
        world.at(world.now() + contract.settlingMs - 1, () => void received());
        return unknown(wire);
      case 'held': {
        const reply = received();
        await world.hold();
        return reply;
      }
      case 'refused_and_held':
        await world.hold();
        return notSent;
    }
  };
  const lookup = async (kind: string, reference: string): Promise<LookupResult> => {
    const how = world.nextLookup();
    if (how === 'no_answer') return { kind: 'no_answer', evidence: evidence('lookup', how) };
    if (how === 'absent') return { kind: 'absent', evidence: evidence('lookup', how) };
    const a = kind === 'authorize' ? authorizations.get(reference) : undefined;
    const m = movements.findLast((movement) => movement.reference === reference);
    const seen: LookupResult =
      a !== undefined
        ? { kind: 'found', outcome: ofAuthorization(a, 'lookup') }
        : m !== undefined
          ? { kind: 'found', outcome: ofMovement(m, 'lookup') }
          : { kind: 'absent', evidence: evidence('lookup', 'absent') };
    if (how === 'held') await world.hold();
    return seen;
  };

  const provider: Provider = {
    contract,
    authorize: (request) => call(request.idempotencyKey, (v) => book.authorize(request, v)),
    capture: (request) => call(request.idempotencyKey, (v) => book.move('capture', request, v)),
    void: (request) => call(request.idempotencyKey, (v) => book.move('void', request, v)),
    refund: (request) => call(request.idempotencyKey, (v) => book.move('refund', request, v)),
    lookup,
    voidByReference: async (reference) => {
      const how = world.nextLookup();
      if (how === 'no_answer')
        return { kind: 'no_answer', evidence: evidence('provider_reply', how) };
      const a = authorizations.get(reference);
      if (a !== undefined) tick(a);
      if (a?.status === 'approved' && a.captured > 0n) {
        return { kind: 'refused', evidence: evidence('provider_reply', 'already_captured') };
      }
      fences.add(reference);
      if (a !== undefined && a.status !== 'declined') a.status = 'voided';
      if (how === 'held') await world.hold();
      return { kind: 'confirmed', evidence: evidence('provider_reply', 'fenced') };
    },
    readWebhook: () => null,
  };
  const all = (): Authorization[] => {
    const every = [...authorizations.values()];
    every.forEach(tick);
    return every;
  };
  return {
    provider,
    net: () => all().reduce((sum, a) => sum + a.captured - a.refunded, 0n),
    held: () =>
      all()
        .filter((a) => a.status === 'approved' && !a.isClosed && a.expiresAt > world.now())
        .reduce((sum, a) => sum + a.amount - a.captured, 0n),
    holding: () =>
      all()
        .filter((a) => a.status !== 'declined' && a.status !== 'voided')
        .filter((a) => a.captured === 0n || a.captured > a.refunded)
        .map((a) => a.reference),
    bookedTwice: () => {
      const booked = movements.filter((m) => m.code === null).map((m) => m.reference);
      return booked.filter((reference, i) => booked.indexOf(reference) !== i);
    },
    pages: () => all().flatMap((a) => (a.status === 'page' ? [a.reference] : [])),
    finishPage: (reference, end) => {
      const a = authorizations.get(reference);
      if (a?.status !== 'page') return;
      a.status = end;
      a.clearAt = world.now() + pendingMs;
    },
    isParked: (reference) =>
      contract.absenceFinalAfterMs === null && !movements.some((m) => m.reference === reference),
    references: () => [...authorizations.keys(), ...movements.map((m) => m.reference)],
  };
}
