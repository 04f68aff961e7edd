/** Has the SDK fetch the Temporal CLI into the folder named by the first argument. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: temporal-sdk-download.ts <folder>');

// There is no call that only downloads: it starts a server as well, which we end at once.
const environment = await TestWorkflowEnvironment.createLocal({
  server: { executable: { type: 'cached-download', downloadDir: folder } },
});
await environment.teardown();
