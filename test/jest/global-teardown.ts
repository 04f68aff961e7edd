import { tearDown } from './teardown.ts';

export default async function globalTeardown(): Promise<void> {
  await tearDown();
}
