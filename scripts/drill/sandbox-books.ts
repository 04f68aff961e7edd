/** The sandbox as its owner sees it: what really happened to money, and the faults it is to have. */
import { z } from 'zod';

const movementSchema = z.object({
  provider: z.string(),
  reference: z.string(),
  operation: z.enum(['authorize', 'capture', 'void', 'refund']),
  amount: z.number().int(),
  currency: z.string(),
  provider_reference: z.string(),
  key: z.string(),
});
const booksSchema = z.object({ data: z.array(movementSchema) });
const faultsSchema = z.object({ fired: z.record(z.string(), z.number()) });

export type Movement = Omit<z.infer<typeof movementSchema>, 'amount'> & { readonly amount: bigint };

export interface Fault {
  readonly fault: string;
  readonly rate: number;
  readonly provider?: string;
  readonly operation?: string;
  readonly delay_ms?: number;
}

export async function readBooks(sandboxUrl: string): Promise<readonly Movement[]> {
  const { data } = booksSchema.parse(await request(`${sandboxUrl}/books`));
  return data.map((movement) => ({ ...movement, amount: BigInt(movement.amount) }));
}

export async function setFaults(
  sandboxUrl: string,
  seed: number,
  plan: readonly Fault[],
): Promise<void> {
  await request(`${sandboxUrl}/faults`, { seed, plan });
}

/** How often each fault of the plan has happened. */
export async function firedFaults(sandboxUrl: string): Promise<Readonly<Record<string, number>>> {
  return faultsSchema.parse(await request(`${sandboxUrl}/faults`)).fired;
}

async function request(url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    ...(body !== undefined && { method: 'PUT', body: JSON.stringify(body) }),
    headers: { 'Content-Type': 'application/json' },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
