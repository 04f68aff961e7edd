/**
 * What is in a gross amount besides the sale itself: sales tax, container deposit and excise, which are
 * owed to others from the moment of capture and come back in the same proportions with a refund.
 */
import { allocate } from '../money.ts';
import type { Line } from './entry.ts';

export interface Parts {
  readonly net: bigint;
  readonly tax: bigint;
  readonly deposit: bigint;
  readonly excise: bigint;
}

export function wholly(net: bigint): Parts {
  return { net, tax: 0n, deposit: 0n, excise: 0n };
}

export function grossOf({ net, tax, deposit, excise }: Parts): bigint {
  return net + tax + deposit + excise;
}

/**
 * `amount` in the proportions of `left`, what has not been captured (or refunded) yet. Whoever takes from
 * what is left each time, in whatever pieces, has in the end taken each part exactly.
 */
export function takeParts(amount: bigint, left: Parts): Parts {
  if (amount > grossOf(left)) {
    throw new RangeError(`${amount} is more than the ${grossOf(left)} that is left`);
  }
  const shares = allocate(amount, [left.net, left.tax, left.deposit, left.excise]);
  const [net = 0n, tax = 0n, deposit = 0n, excise = 0n] = shares;
  return { net, tax, deposit, excise };
}

export function withoutParts(left: Parts, taken: Parts): Parts {
  return {
    net: left.net - taken.net,
    tax: left.tax - taken.tax,
    deposit: left.deposit - taken.deposit,
    excise: left.excise - taken.excise,
  };
}

/** What is owed to others than the merchant. */
export function owedToOthers({ tax, deposit, excise }: Parts): readonly Line[] {
  return [
    ['2300', tax],
    ['2310', deposit],
    ['2320', excise],
  ];
}
