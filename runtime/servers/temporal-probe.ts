/**
 * Whether a Temporal server on this machine serves a namespace: one gRPC call by hand, because the
 * client library takes longer to load than the server to start.
 */
import { connect } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';

const method = '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace';
const timeoutMs = 1000;

export function namespaceExists(port: number, namespace: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const finish = (answer: boolean): void => {
      session.destroy();
      resolve(answer);
    };
    session.once('error', () => finish(false));
    session.setTimeout(timeoutMs, () => finish(false));
    ask(session, namespace, finish);
  });
}

function ask(
  session: ClientHttp2Session,
  namespace: string,
  finish: (answer: boolean) => void,
): void {
  const request = session.request({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  // An error comes with the headers, success with the trailers; 0 is OK.
  request.on('response', (headers) => {
    if (headers['grpc-status'] !== undefined) finish(false);
  });
  request.on('trailers', (trailers: IncomingHttpHeaders) =>
    finish(trailers['grpc-status'] === '0'),
  );
  request.on('error', () => finish(false));
  request.resume();
  request.end(encodeRequest(namespace));
}

/** A gRPC frame around a message whose only field, number 1, is the name. */
function encodeRequest(namespace: string): Buffer {
  const name = Buffer.from(namespace);
  if (name.length > 127) throw new Error('TENDER_TEMPORAL_NAMESPACE: is too long');
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}
