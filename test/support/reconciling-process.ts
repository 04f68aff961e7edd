/**
 * A night of one provider in a process of its own, to be killed in the middle of it: does every step on all
 * files that wait, and says before each piece of work that commits by itself what it is about to do.
 */
import { connectDb } from '../../db/client.ts';
import { createImportStore } from '../../db/import-store.ts';
import {
  importFiles,
  matchFiles,
  postFiles,
  settleFiles,
} from '../../activities/reconciliation/night.ts';
import { sandboxContracts } from '../../providers/sandbox/contracts.ts';

const [url = '', provider = ''] = process.argv.slice(2);
const contract = sandboxContracts.find(({ name }) => name === provider);
if (contract === undefined) throw new Error(`no provider ${provider}`);
const onError = (): void => undefined;
const db = connectDb({ url, applicationName: 'night', poolSize: 2, onError });
const store = createImportStore({ url, onError });

/** Before every statement and transaction, so that a kill falls between any two of them. */
const told = db.withPlugin({
  transformQuery: ({ node }) => {
    process.stdout.write('.');
    return node;
  },
  transformResult: async ({ result }) => {
    process.stdout.write(',');
    return result;
  },
});

const { signal } = new AbortController();
const providers = new Map([[provider, { contract }]]);
process.stdout.write('i');
await importFiles({ db: told, store, providers, signal }, provider);
process.stdout.write('m');
await matchFiles({ db: told, signal }, contract);
process.stdout.write('p');
await postFiles({ db: told, signal }, provider);
process.stdout.write('s');
await settleFiles({ db: told, signal }, provider);
process.stdout.write('!');
await Promise.all([db.destroy(), store.close()]);
