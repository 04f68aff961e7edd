/** Files of the sandbox's processors, and the statements of the account that they pay into. */
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { ReportSource } from '../../domain/report-source.ts';
import { describeError } from '../connection.ts';

export interface SandboxReportOptions {
  readonly provider: string;
  readonly kind: ReportSource['kind'];
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
}

const listSchema = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      name: z.string().optional(),
      covers_from: z.iso.datetime({ offset: true }),
      covers_to: z.iso.datetime({ offset: true }),
    }),
  ),
});

/** Between two pieces of a file; a whole one may take long. */
const silenceMs = 30_000;

export function createSandboxReports(options: SandboxReportOptions): ReportSource {
  const { provider, kind } = options;
  const path =
    kind === 'settlement' ? `/${provider}/settlement_reports` : `/${provider}/statements`;
  const get = (place: string): Promise<Dispatcher.ResponseData> => fetchFrom(options, place);
  return {
    ...{ provider, kind },
    async *fetch(known) {
      const { body } = await get(path);
      const { data } = listSchema.parse(await body.json());
      for (const { id, name, covers_from: from, covers_to: to } of data) {
        if (known.has(id)) continue;
        const bytes = read(() => get(`${path}/${encodeURIComponent(id)}`));
        yield { ...{ id, fileName: name ?? id, span: { from, to } }, bytes };
      }
    },
  };
}

async function* read(get: () => Promise<Dispatcher.ResponseData>): AsyncGenerator<Buffer> {
  const { body } = await get();
  // Ends with an error where the connection ended before the file did.
  for await (const piece of body as AsyncIterable<Buffer>) yield piece;
}

async function fetchFrom(
  { baseUrl, provider, dispatcher }: SandboxReportOptions,
  place: string,
): Promise<Dispatcher.ResponseData> {
  const address = `${baseUrl.replace(/\/$/, '')}${place}`;
  const deadlines = { headersTimeout: silenceMs, bodyTimeout: silenceMs };
  const answer = await request(address, { dispatcher, method: 'GET', ...deadlines }).catch(
    (error: unknown) => {
      throw new Error(`${provider}: ${describeError(error)}`, { cause: error });
    },
  );
  if (answer.statusCode === 200) return answer;
  await answer.body.dump();
  throw new Error(`${provider}: HTTP ${String(answer.statusCode)} of its files`);
}
