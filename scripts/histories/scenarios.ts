import type { Scenarios } from './scenario.ts';
import { bank } from './scenarios/bank.ts';
import { doubt } from './scenarios/doubt.ts';
import { firstTry } from './scenarios/first-try.ts';
import { deaths, errors, nudges } from './scenarios/interruptions.ts';
import { captures, refunds, voids } from './scenarios/operations.ts';

export const scenarios: Scenarios = {
  ...firstTry,
  ...doubt,
  ...bank,
  ...captures,
  ...voids,
  ...refunds,
  ...nudges,
  ...errors,
  ...deaths,
};
