import { v7 as uuidv7 } from 'uuid';
import type { Contract } from '../contracts.ts';

type Kind = 'authorization' | 'capture' | 'void' | 'refund' | 'increment' | 'payout';

/** Fronts name things as those whose HTTP they speak. A capture or cancel has no object of its own there. */
const prefixes: Readonly<Record<string, Readonly<Record<Kind, string>>>> = {
  stripe: {
    ...{ authorization: 'pi', capture: 'ch', void: 'cancel', refund: 're', increment: 'in' },
    payout: 'po',
  },
};

/** 16 letters and digits: the time and the counter of a UUIDv7, so in order of arrival as well. */
function pspReference(): string {
  const hex = uuidv7().replaceAll('-', '');
  const bits = BigInt(`0x${hex.slice(0, 12)}${hex.slice(13, 22)}`);
  return bits.toString(36).toUpperCase().padStart(16, '0');
}

/** In order of arrival, whoever's they are. */
export function newProviderId({ name }: Contract, kind: Kind): string {
  if (name === 'adyen') return pspReference();
  const prefix = prefixes[name]?.[kind];
  if (prefix !== undefined) return `${prefix}_${uuidv7().replaceAll('-', '')}`;
  return `${name}_${kind === 'authorization' ? 'auth' : kind}_${uuidv7()}`;
}
