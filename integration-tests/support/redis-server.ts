import { createClient } from 'redis';
import { onTestFinished } from 'vitest';
import { accepting, freePort } from './free-port.ts';
import { peerPath } from './peers.ts';
import type { RunningProcess } from './start-process.ts';
import { startProcess } from './start-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A redis-server on loopback that keeps nothing on disk. */
export interface RedisServer extends RunningProcess {
  readonly port: number;
}

/** Starts a server, which is killed when the test is over. @param port - Default: one that is free. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const options = ['--port', String(chosen), '--bind', '127.0.0.1', '--dir', temporaryFolder()];
  const server = startProcess(peerPath('redis-server'), [...options, '--save', '', '--appendonly', 'no']);
  let isGone = false;
  void server.ended.then(() => {
    isGone = true;
  });
  await accepting(chosen, () => isGone);
  return { ...server, port: chosen };
}

/** What {@link connectRedis} gives. */
export type ConnectedRedis = ReturnType<typeof createClient>;

/** A client of its own, as each process has one; closed when the test is over. */
export async function connectRedis(port: number): Promise<ConnectedRedis> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 20 } });
  client.on('error', () => {}); // the tests make the server go away
  onTestFinished(() => client.destroy());
  await client.connect();
  return client as ConnectedRedis; // without options that add modules, the type is the plain one
}
