/** All of it: the chain, newest row included, and the proofs. */
import type { Db } from './client.ts';
import { checkChain, findHead, findUnsealed, sealLedger } from './ledger-chain.ts';
import type { LedgerHead } from './ledger-chain.ts';
import { checkCloses, checkExternalBalances, proofs, runProof } from './ledger-proofs.ts';
import type { CheckResult } from './ledger-proofs.ts';

export interface Verification {
  readonly checks: readonly CheckResult[];
  /** Entries and postings. */
  readonly rows: number;
  readonly seconds: number;
  /** As of before the checks: all that it covers was checked. */
  readonly head: LedgerHead | null;
}

export async function verifyLedger(db: Db, published?: LedgerHead): Promise<Verification> {
  await sealLedger(db);
  const startedAt = performance.now();
  const head = await findHead(db);
  const { broken, entries, postings } = await checkChain(db, { published });
  const what = broken ?? (await findUnsealed(db));
  const checks: CheckResult[] = [
    { name: 'hash_chain', state: what === null ? 'holds' : 'broken', what },
  ];
  for (const proof of proofs) checks.push(await runProof(db, proof));
  checks.push(...(await checkExternalBalances(db)), await checkCloses(db));
  return {
    checks,
    rows: entries + postings,
    seconds: (performance.now() - startedAt) / 1_000,
    head,
  };
}
