/** Answers what a test says to whoever asks for a report, and remembers what was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ReportAnswer = (response: ServerResponse) => void;

export interface ReportServer {
  readonly url: string;
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** By the end of the path; what is not there is 404. */
  answers: Readonly<Record<string, ReportAnswer>>;
  close(): Promise<void>;
}

export async function startReportServer(): Promise<ReportServer> {
  const asked: ReportServer['asked'] = [];
  const server = createServer(({ url: path = '', headers }, response) => {
    asked.push({ path, headers });
    const found = Object.entries(self.answers).find(([end]) => path.endsWith(end));
    if (found === undefined) response.writeHead(404).end('Not found');
    else found[1](response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: ReportServer = {
    ...{ url: `http://127.0.0.1:${String(port)}`, asked, answers: {} },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return self;
}

/** Whole, with its length. */
export function answered(
  body: string,
  headers: Readonly<Record<string, string>> = {},
): ReportAnswer {
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return (response) => response.writeHead(200, { ...length, ...headers }).end(body);
}
