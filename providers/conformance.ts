/**
 * What every provider adapter must do, whoever is behind it: the port's promises, tried against a
 * running provider. A list of cases, so that any test runner can carry it out.
 */
import type { ProviderContract } from '../domain/provider.ts';
import { bankCases } from './conformance/bank-cases.ts';
import { doubtCases, fenceCases, keyCases } from './conformance/certainty-cases.ts';
import { takesCards } from './conformance/harness.ts';
import type { ConformanceCase } from './conformance/harness.ts';
import { payoutCases } from './conformance/payout-cases.ts';
import { authorizationCases, operationCases } from './conformance/payment-cases.ts';
import { reportCases } from './conformance/report-cases.ts';

export type { ConformanceHarness } from './conformance/harness.ts';

/** Cases that take a card at its word: authorized, then captured. */
const cardCases = [...authorizationCases, ...operationCases].map((one): ConformanceCase => ({
  ...one,
  appliesTo: (contract) => takesCards(contract) && (one.appliesTo?.(contract) ?? true),
}));

const allCases = [
  ...reportCases,
  ...cardCases,
  ...keyCases,
  ...doubtCases,
  ...fenceCases,
  ...bankCases,
  ...payoutCases,
];

export function listConformanceCases(contract: ProviderContract): readonly ConformanceCase[] {
  return allCases.filter(({ appliesTo }) => appliesTo?.(contract) ?? true);
}
