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

export const h2IdleRow: MemoryRow = {
  type: 'memory',
  name: 'h2-idle',
  about: 'Memory of a server that keeps 4,000 idle HTTP/2 connections, each of which has had one answer.',
  unit: 'bytes per connection',
  targets: [{ of: 'lamella', to: 'node:http2', atMost: 1 }],
  contestants: {
    'node:http2': () => bytesPerStream(['node-h2-server.ts', 'h2'], 4_000, 0),
    lamella: () => bytesPerStream(['h2-server.ts', 'bare'], 4_000, 0),
  },
};

export const h2StreamsRow: MemoryRow = {
  type: 'memory',
  name: 'h2-streams',
  about: 'Memory of a server on which 100 requests wait on each of 100 HTTP/2 connections, the connections included.',
  unit: 'bytes per stream',
  targets: [{ of: 'lamella', to: 'node:http2', atMost: 1 }],
  contestants: {
    'node:http2': () => bytesPerStream(['node-h2-server.ts', 'h2'], 100, 100),
    lamella: () => bytesPerStream(['h2-server.ts', 'bare'], 100, 100),
  },
};

/** Resident memory with connections, or with the streams on them, less that without, in a server that is warm. */
async function bytesPerStream(
  [script, kind]: readonly [string, string],
  count: number,
  streams: number,
): Promise<number> {
  const server = await startNode(script, [kind, 'clear']);
  const clients = await startNode('h2-idle-clients.ts', ['clients'], LOAD_CORE);
  try {
    await clients.ask(`${server.port} ${WARM_UP_COUNT} 0`);
    await clients.ask('close');
    const before = Number(await server.ask('memory'));
    await clients.ask(`${server.port} ${count} ${streams}`);
    const after = Number(await server.ask('memory'));
    return (after - before) / (count * Math.max(1, streams));
  } finally {
    await clients.stop();
    await server.stop();
  }
}

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
