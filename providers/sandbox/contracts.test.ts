import { expect, test } from '@jest/globals';
import { bankContract as bankOfTheSandbox } from '../../sandbox/bank/contract.ts';
import { contracts } from '../../sandbox/contracts.ts';
import { createProviders } from '../registry.ts';
import { bankContract, sandboxContracts } from './contracts.ts';

test('what we believe the providers promise is what they promise', () => {
  expect(sandboxContracts).toEqual(contracts);
  expect(bankContract).toEqual(bankOfTheSandbox);
});

test('the registry holds them in routing order', () => {
  const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const providers = createProviders({ sandboxUrl: 'http://127.0.0.1:1/', webhookSecret });
  expect([...providers.keys()]).toEqual(['alder', 'birch', 'cedar', 'bank']);
  expect([...providers.values()].map(({ contract }) => contract.name)).toEqual([
    ...providers.keys(),
  ]);
});
