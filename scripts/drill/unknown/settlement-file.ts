import type { Case } from './cases.ts';
import type { Place } from './place.ts';
export async function tellFromFile(place: Place, cases: readonly Case[]): Promise<void> {
  place.report(`file for ${cases.map((c) => `${c.provider} ${c.operation}`).join(', ')}`);
}
