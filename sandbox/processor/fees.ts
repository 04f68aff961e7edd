/** What a provider keeps of each movement: a price list per provider, as data. */
import { currencyExponent, isCurrency } from '../../domain/currency.ts';
import type { MovementRow } from '../store/movements.ts';

interface Price {
  /** Of the amount, in hundredths of a percent; half a minor unit is rounded up. */
  readonly basisPoints: number;
  /** Per movement, in hundredths of the currency's unit, whatever its minor unit is. */
  readonly fixedHundredths: number;
}

interface PriceList {
  readonly capture: Price;
  readonly refund: Price;
  /** A refund gives back the share of the capture's fee that went by its amount. */
  readonly returnsShare: boolean;
}

const free: Price = { basisPoints: 0, fixedHundredths: 0 };

/** They differ where real ones do: some charge for a refund, few give anything back. */
const priceLists: Readonly<Record<string, PriceList>> = {
  alder: { capture: { basisPoints: 140, fixedHundredths: 25 }, refund: free, returnsShare: false },
  birch: {
    capture: { basisPoints: 190, fixedHundredths: 10 },
    refund: { basisPoints: 0, fixedHundredths: 25 },
    returnsShare: false,
  },
  cedar: { capture: { basisPoints: 90, fixedHundredths: 30 }, refund: free, returnsShare: true },
  bank: { capture: { basisPoints: 0, fixedHundredths: 35 }, refund: free, returnsShare: false },
  stripe: { capture: { basisPoints: 150, fixedHundredths: 25 }, refund: free, returnsShare: false },
  adyen: {
    capture: { basisPoints: 60, fixedHundredths: 11 },
    refund: { basisPoints: 0, fixedHundredths: 11 },
    returnsShare: false,
  },
};

/** Minor units of the movement's currency; below zero: given back. Only what is captured or refunded costs. */
export function feeOf(
  movement: Pick<MovementRow, 'provider' | 'operation' | 'amount' | 'currency'>,
): number {
  const list = Object.hasOwn(priceLists, movement.provider)
    ? priceLists[movement.provider]
    : undefined;
  if (list === undefined) return 0;
  if (movement.operation === 'capture') return priceOf(list.capture, movement);
  if (movement.operation !== 'refund') return 0;
  const back = list.returnsShare ? shareOf(list.capture, movement.amount) : 0;
  return priceOf(list.refund, movement) - back;
}

function priceOf(
  price: Price,
  { amount, currency }: Pick<MovementRow, 'amount' | 'currency'>,
): number {
  const exponent = isCurrency(currency) ? currencyExponent(currency) : 2;
  return shareOf(price, amount) + Math.round(price.fixedHundredths * 10 ** (exponent - 2));
}

function shareOf({ basisPoints }: Price, amount: number): number {
  // In whole numbers: a double loses cents of large amounts.
  return Number((BigInt(amount) * BigInt(basisPoints) + 5_000n) / 10_000n);
}
