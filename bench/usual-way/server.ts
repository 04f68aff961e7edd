/**
 * The systems Tender is compared with, in a process of their own with its own worker, on the same
 * Temporal, PostgreSQL and provider. Argument: a file that holds its `UsualWaySettings`.
 */
import { readFileSync } from 'node:fs';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import express from 'express';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { createProviders } from '../../providers/registry.ts';
import { announceReady } from '../../runtime/ready.ts';
import { onShutdown } from '../../runtime/shutdown.ts';
import { createUsualActivities } from './activities.ts';
import type { emptyPayment, usualPayment } from './workflows.ts';

export interface UsualWaySettings {
  readonly port: number;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly sandboxUrl: string;
  readonly webhookSecret: string;
  readonly workflowBundle: string;
}

const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as UsualWaySettings;
const taskQueue = 'usual-way';
Runtime.install({ shutdownSignals: [], telemetryOptions: { logging: { filter: 'ERROR' } } });
const connection = await NativeConnection.connect({ address: settings.temporalAddress });
const client = new Client({ connection, namespace: settings.namespace });
const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 10 });
const provider = createProviders(settings).get('alder');
if (provider === undefined) throw new Error('the sandbox has no alder');
const worker = await Worker.create({
  connection,
  namespace: settings.namespace,
  taskQueue,
  workflowBundle: { codePath: settings.workflowBundle },
  activities: createUsualActivities(pool, provider),
});
const running = worker.run();

const app = express();
app.use(express.json());
app.post('/usual', async (request, response) => {
  const { amount } = request.body as { amount: number };
  const id = `usual_${uuidv7()}`;
  const status = await client.workflow.execute<typeof usualPayment>('usualPayment', {
    taskQueue,
    workflowId: id,
    args: [id, String(amount)],
  });
  response.status(201).json({ id, workflow_id: id, status });
});
app.post('/empty', async (_request, response) => {
  const id = `empty_${uuidv7()}`;
  const status = await client.workflow.execute<typeof emptyPayment>('emptyPayment', {
    taskQueue,
    workflowId: id,
    requestEagerStart: true,
  });
  response.status(201).json({ id, workflow_id: id, status });
});
const server = app.listen(settings.port, '127.0.0.1', () => {
  announceReady({ port: settings.port });
});

onShutdown(
  async () => {
    server.close();
    server.closeAllConnections();
    worker.shutdown();
    await running;
    await connection.close();
    await pool.end();
  },
  { watchParent: true },
);
