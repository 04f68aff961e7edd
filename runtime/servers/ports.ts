/** Free ports on this machine. */
import { connect, createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections: a part that restarts
 * must find its port as it left it.
 */
const firstPort = 20_000;
const portCount = 10_000;

const handedOut = new Set<number>();

/** A free port on loopback, never the same twice in this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = firstPort + Math.floor(Math.random() * portCount);
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port, '127.0.0.1')) return port;
  }
  throw new Error(`no free port between ${firstPort} and ${firstPort + portCount}`);
}

export function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether something accepts connections there. */
export function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 1000 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
