/** What a provider's contract says must be what its adapter can do: checked where providers are made. */
import type { Provider } from '../domain/provider.ts';

/** Names each capability that one says and the other lacks; empty: they agree. */
export function checkCapabilities(provider: Provider): readonly string[] {
  const { contract } = provider;
  const said: Readonly<Record<string, readonly [boolean, boolean]>> = {
    lookup: [contract.lookup, provider.lookup !== undefined],
    // Who can neither be asked nor is ever waited for would leave what it acknowledged open for ever.
    toldWithinMs: [contract.toldWithinMs !== null, provider.lookup === undefined],
    voidByReference: [contract.voidByReference, provider.voidByReference !== undefined],
    disputeAnswers: [contract.disputeAnswers, provider.disputes !== undefined],
    payouts: [contract.payouts, provider.payOut !== undefined],
    incrementalAuthorization: [contract.incrementalAuthorization, provider.increment !== undefined],
  };
  const differing = Object.entries(said).filter(([, [promised, able]]) => promised !== able);
  const mustFindPayouts =
    contract.payouts && (provider.lookup === undefined || provider.voidByReference === undefined);
  const mustCapture = !contract.sale && provider.capture === undefined;
  return [
    ...differing.map(([name]) => name),
    ...(mustCapture ? ['capture'] : []),
    ...(mustFindPayouts ? ['payouts'] : []),
  ];
}
