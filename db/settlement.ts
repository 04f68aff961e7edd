/** What settlement files prove: how an import says it, and how a payment's run reads it. */
import { sql } from 'kysely';
import type {
  SettlementEvidence,
  SettlementSays,
  SettlementStatement,
} from '../domain/settlement-evidence.ts';
import type { Db } from './client.ts';

/** One file, whole: instants in ISO 8601, `sourceHash` in hex. */
export interface SettlementImport {
  readonly provider: string;
  readonly coversFrom: string;
  readonly coversTo: string;
  /** Which kinds of movements the file lists completely. */
  readonly lists: readonly SettlementSays[];
  readonly sourceHash: string;
  readonly statements: readonly (Omit<SettlementStatement, 'fileId'> & {
    /** Ours: the id of the attempt or operation. */
    readonly reference: string;
  })[];
}

export interface SettlementRecorded {
  /** False: this file was recorded before, and nothing was done. */
  readonly fresh: boolean;
  readonly statements: number;
  /** Payments set in motion. */
  readonly woken: number;
}

export async function recordSettlement(
  db: Db,
  file: SettlementImport,
): Promise<SettlementRecorded> {
  const value = {
    provider: file.provider,
    covers_from: file.coversFrom,
    covers_to: file.coversTo,
    lists: file.lists,
    source_hash: file.sourceHash,
    statements: file.statements.map((s) => ({
      line: s.line,
      reference: s.reference,
      says: s.says,
      amount: String(s.amount),
      currency: s.currency,
      provider_reference: s.providerReference,
    })),
  };
  const { rows } = await sql<{ result: SettlementRecorded }>`
    select record_settlement(${JSON.stringify(value)}::jsonb) as result`.execute(db);
  const result = rows[0]?.result;
  if (result === undefined) throw new Error('no answer from record_settlement');
  return result;
}

interface EvidenceRow {
  readonly is_stated: boolean;
  readonly statements: readonly {
    readonly file_id: string;
    readonly line: number;
    readonly says: SettlementSays;
    readonly amount: string;
    readonly currency: string;
    readonly provider_reference: string;
  }[];
  readonly covered: readonly SettlementSays[];
  readonly files: readonly string[];
}

export async function readSettlementEvidence(
  db: Db,
  provider: string,
  reference: string,
  span: { readonly from: number; readonly to: number },
): Promise<SettlementEvidence> {
  const from = new Date(span.from).toISOString();
  const to = new Date(span.to).toISOString();
  const { rows } = await sql<{ result: EvidenceRow }>`
    select settlement_evidence(${provider}, ${reference}, ${from}, ${to}) as result`.execute(db);
  const result = rows[0]?.result;
  if (result === undefined) throw new Error('no answer from settlement_evidence');
  return {
    isStated: result.is_stated,
    statements: result.statements.map((s) => ({
      fileId: s.file_id,
      line: s.line,
      says: s.says,
      amount: BigInt(s.amount),
      currency: s.currency,
      providerReference: s.provider_reference,
    })),
    covered: result.covered,
    files: result.files,
  };
}
