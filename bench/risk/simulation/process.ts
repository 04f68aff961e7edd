/**
 * Card payments with known frauds, after the public process of the fraud detection handbook of ULB and
 * Worldline, written anew from its description (docs/risk.md): customers with habits use the merchants near
 * them, and three kinds of fraud are laid over that.
 */
import type { Random } from '../../../domain/risk/training/random.ts';
import { drawNormal, drawPoisson, drawUniform } from './draws.ts';
import { layFrauds } from './frauds.ts';
import { daySeconds, type Payments, type ProcessSize } from './payments.ts';

interface Customer {
  readonly meanAmount: number;
  readonly paymentsPerDay: number;
  readonly merchants: readonly number[];
}

const areaSide = 100;
const reach = 5;

export function simulatePayments(random: Random, size: ProcessSize): Payments {
  const payments = byTime(drawPayments(random, size));
  layFrauds(random, payments, size);
  return payments;
}

function drawCustomers(random: Random, size: ProcessSize): readonly Customer[] {
  const draw = (): number => drawUniform(random, 0, areaSide);
  const merchants = Array.from({ length: size.merchants }, () => ({ x: draw(), y: draw() }));
  return Array.from({ length: size.customers }, () => {
    const [x, y] = [draw(), draw()];
    return {
      meanAmount: drawUniform(random, 5, 100),
      paymentsPerDay: drawUniform(random, 0, 4),
      merchants: merchants.flatMap((at, id) =>
        Math.hypot(at.x - x, at.y - y) < reach ? [id] : [],
      ),
    };
  });
}

type Drawn = Pick<Payments, 'second' | 'customer' | 'merchant' | 'amount'>;

function drawPayments(random: Random, size: ProcessSize): Drawn {
  const second: number[] = [];
  const customer: number[] = [];
  const merchant: number[] = [];
  const amount: number[] = [];
  for (const [id, { meanAmount, paymentsPerDay, merchants }] of drawCustomers(
    random,
    size,
  ).entries()) {
    for (let day = 0; day < size.days; day += 1) {
      for (let left = drawPoisson(random, paymentsPerDay); left > 0; left -= 1) {
        const time = Math.trunc(drawNormal(random, daySeconds / 2, 20_000));
        if (time <= 0 || time >= daySeconds || merchants.length === 0) continue;
        second.push(day * daySeconds + time);
        customer.push(id);
        merchant.push(merchants[Math.floor(random() * merchants.length)] ?? 0);
        amount.push(drawAmount(random, meanAmount));
      }
    }
  }
  return {
    second: Float64Array.from(second),
    customer: Int32Array.from(customer),
    merchant: Int32Array.from(merchant),
    amount: Float64Array.from(amount),
  };
}

function drawAmount(random: Random, mean: number): number {
  const drawn = drawNormal(random, mean, mean / 2);
  return Math.round((drawn < 0 ? drawUniform(random, 0, 2 * mean) : drawn) * 100) / 100;
}

function byTime(drawn: Drawn): Payments {
  const count = drawn.second.length;
  // Second and place in one number, so that one numeric sort does it, and ties keep their order.
  const keys = drawn.second.map((at, index) => at * 2 ** 24 + index).sort();
  const order = Int32Array.from(keys, (key) => key % 2 ** 24);
  return {
    count,
    second: Float64Array.from(order, (from) => drawn.second[from] ?? 0),
    customer: Int32Array.from(order, (from) => drawn.customer[from] ?? 0),
    merchant: Int32Array.from(order, (from) => drawn.merchant[from] ?? 0),
    amount: Float64Array.from(order, (from) => drawn.amount[from] ?? 0),
    fraud: new Uint8Array(count),
  };
}
