/** What global setup started and global teardown stops, last first. */
const steps: (() => Promise<void>)[] = [];

export function onTeardown(step: () => Promise<void>): void {
  steps.push(step);
}

export async function tearDown(): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step();
}
