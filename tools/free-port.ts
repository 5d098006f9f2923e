import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 that nobody uses now, for programs that can't say which one they got, and for places where nobody is to listen.
 *
 * It stands below those that systems give to whoever connects or asks for any port, so that nobody gets it by chance before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + WORKERS * Math.floor(Math.random() * PORTS_PER_WORKER) + WORKER;
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const FIRST_PORT = 10_000;
/** Files that run side by side take ports of their own. */
const WORKERS = 8;
const WORKER = Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS;
/** Up to 30,000: Linux gives those from 32,768 on, most others those from 49,152 on. */
const PORTS_PER_WORKER = 2_500;
const given = new Set<number>();
