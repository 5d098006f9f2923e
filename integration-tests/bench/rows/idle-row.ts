import type { MemoryRow } from '../support/bench-row.ts';
import { LOAD_CORE, startNode } from '../support/subject-process.ts';

export const idleRow: MemoryRow = {
  type: 'memory',
  name: 'idle-connections',
  about: 'Memory of a server that keeps 10,000 idle keep-alive connections, each of which has had one answer.',
  unit: 'bytes per connection',
  targets: [{ of: 'lamella', to: 'node:http', atMost: 1 }],
  contestants: {
    'node:http': () => bytesPerConnection('node-server.ts'),
    lamella: () => bytesPerConnection('lamella-server.ts'),
  },
};

/** Resident memory with the connections, less that without them, in a server that is warm. */
async function bytesPerConnection(script: string): Promise<number> {
  const server = await startNode(script, ['bare']);
  const clients = await startNode('idle-clients.ts', ['clients'], LOAD_CORE);
  try {
    await clients.ask(`${server.port} ${WARM_UP_COUNT}`);
    await clients.ask('close');
    const before = Number(await server.ask('memory'));
    await clients.ask(`${server.port} ${COUNT}`);
    const after = Number(await server.ask('memory'));
    return (after - before) / COUNT;
  } finally {
    await clients.stop();
    await server.stop();
  }
}

const WARM_UP_COUNT = 500;
const COUNT = 10_000;
