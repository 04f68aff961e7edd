import type { Refusal, RefusalCode } from '../domain/settlement-file.ts';

/** Nothing of the file is taken. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.detail}`);
    this.refusal = refusal;
  }
}

export interface Place {
  readonly line?: number | null | undefined;
  readonly field?: string | null | undefined;
}

export function refusal(
  code: RefusalCode,
  detail: string,
  { line = null, field = null }: Place = {},
): FileRefusedError {
  return new FileRefusedError({ code, line, field, detail });
}

export function refuse(code: RefusalCode, detail: string, place?: Place): never {
  throw refusal(code, detail, place);
}

/** As much of what was found as helps to find it again. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
