/** What is simulated: rows as columns of equal length, in order of time. */

export const daySeconds = 86_400;
/** 2018-04-01, a Sunday, as seconds since 1970. */
export const firstSecond = Date.UTC(2018, 3, 1) / 1_000;

export interface ProcessSize {
  readonly customers: number;
  readonly merchants: number;
  readonly days: number;
}
export const handbookSize: ProcessSize = { customers: 5_000, merchants: 10_000, days: 183 };

export interface Payments {
  readonly count: number;
  /** Seconds since the first day began. */
  readonly second: Float64Array;
  readonly customer: Int32Array;
  readonly merchant: Int32Array;
  /** Major units, two decimals. */
  readonly amount: Float64Array;
  /** 0: none; else which of the three kinds. */
  readonly fraud: Uint8Array;
}
