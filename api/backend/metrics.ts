/** What `GET /metrics` shows: figures of the whole installation, read as a worker. */
import type { Db } from '../../db/client.ts';
import { readServiceFigures, type ServiceFigures } from '../../db/service-figures.ts';
import { verifiedMoney, type VerifiedRow } from '../../db/verified-money.ts';
import { breakKinds } from '../../domain/breaks.ts';
import { fileWaitMs, lastVerifiableDay, verifiedShare } from '../../domain/verified-money.ts';
import { prometheusText, type Gauge, type Sample } from '../health/prometheus.ts';
import { keptFor } from './kept-for.ts';
import { createRiskGauges } from './risk-metrics.ts';

/** Nobody can make the database work more by asking more often. */
const figuresAgeMaxMs = 10_000;
/** A day's money is read for it; a file comes a few times a day. */
const shareAgeMaxMs = 300_000;

/** `cyclesMs`: by provider, from one of its settlement files to the next. */
export function createMetrics(
  db: Db,
  cyclesMs: ReadonlyMap<string, number>,
): () => Promise<string> {
  const figures = keptFor(figuresAgeMaxMs, () => readServiceFigures(db));
  const shares = keptFor(shareAgeMaxMs, async () =>
    lastShares(db, cyclesMs, (await figures()).nowMs),
  );
  const risk = createRiskGauges(db);
  return async () => {
    const [now, verified, ofRisk] = await Promise.all([figures(), shares(), risk()]);
    return prometheusText([
      verifiedGauge(verified),
      ...breakGauges(now),
      ...otherGauges(now),
      ...ofRisk,
    ]);
  };
}

/** Of each provider its own last day; most have the same one. */
async function lastShares(
  db: Db,
  cyclesMs: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<readonly VerifiedRow[]> {
  const waits = new Map([...cyclesMs].map(([name, cycleMs]) => [name, fileWaitMs(cycleMs)]));
  const dayOf = new Map(
    [...cyclesMs].map(([name, cycleMs]) => [name, lastVerifiableDay(nowMs, cycleMs)]),
  );
  const rows: VerifiedRow[] = [];
  for (const day of new Set(dayOf.values())) {
    rows.push(...(await verifiedMoney(db, waits, { from: day, to: day })));
  }
  return rows.filter(({ provider, day }) => dayOf.get(provider) === day);
}

function verifiedGauge(rows: readonly VerifiedRow[]): Gauge {
  return {
    name: 'tender_verified_share',
    help: 'Of what moved on the last day that waits for no file: matched or explained, 0 to 1',
    samples: rows.map(({ provider, currency, matched, explained, total }) => ({
      labels: { provider, currency },
      value: verifiedShare(BigInt(matched) + BigInt(explained), BigInt(total)),
    })),
  };
}

function breakGauges({ openBreaks, oldestBreakSeconds }: ServiceFigures): readonly Gauge[] {
  return [
    {
      name: 'tender_open_breaks',
      help: 'Differences between files and books that nobody has ended',
      // All of them: a kind that is over has to fall to zero, not vanish.
      samples: breakKinds.map((kind) => ({ labels: { kind }, value: openBreaks[kind] ?? 0 })),
    },
    one('tender_open_breaks_oldest_seconds', 'Age of the oldest open break', oldestBreakSeconds),
  ];
}

function otherGauges(figures: ServiceFigures): readonly Gauge[] {
  const { inDoubt, openCases, standsStill, ledgerAlarms, ledgerStopped } = figures;
  const placed = (value: (row: ServiceFigures['inDoubt'][number]) => Sample['value']): Sample[] =>
    inDoubt.map((row) => ({
      labels: { provider: row.provider, currency: row.currency },
      value: value(row),
    }));
  return [
    {
      name: 'tender_in_doubt',
      help: 'Attempts and operations whose outcome is unknown',
      samples: placed(({ count }) => count),
    },
    {
      name: 'tender_in_doubt_minor_units',
      help: 'What they are about, in minor units of the currency',
      samples: placed(({ exposure }) => exposure),
    },
    byKind('tender_open_cases', 'What no rule can end and a person is told of', openCases),
    byKind('tender_stands_still', 'What has stood still for longer than it should', standsStill),
    one('tender_ledger_alarms', 'Open alarms of the books', ledgerAlarms),
    one('tender_ledger_stopped', '1: no new payment is accepted', ledgerStopped ? 1 : 0),
  ];
}

function byKind(name: string, help: string, counts: Readonly<Record<string, number>>): Gauge {
  const samples = Object.entries(counts).map(([kind, value]) => ({ labels: { kind }, value }));
  return { name, help, samples };
}

function one(name: string, help: string, value: number): Gauge {
  return { name, help, samples: [{ value }] };
}
