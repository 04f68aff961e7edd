import type { OfferedMethod } from '../../domain/offered-methods.ts';
import type { Principal } from '../ports.ts';

export interface AskedMethods {
  readonly country: string;
  readonly currency: string;
  readonly amountMinor: bigint | undefined;
}

export interface PaymentMethods {
  offered(principal: Principal, asked: AskedMethods): Promise<readonly OfferedMethod[]>;
}
