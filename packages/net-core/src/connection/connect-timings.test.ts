import { describe, expect, it } from 'vitest';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { addConnectTimings, ConnectTimings } from './connect-timings.ts';
import { createConnection } from './connection.ts';

describe('addConnectTimings', () => {
  it('adds up what the connectors of a chain have measured, step by step', () => {
    const [near, far] = memoryPipe();
    const connection = createConnection(near);
    expect(connection.extensions.get(ConnectTimings)).toBeUndefined();
    addConnectTimings(connection, { resolveMs: 3 });
    addConnectTimings(connection, { proxyMs: 10 });
    addConnectTimings(connection, { proxyMs: 5 });
    expect(connection.extensions.get(ConnectTimings)).toEqual({ resolveMs: 3, proxyMs: 15 });
    near.destroy();
    far.destroy();
  });
});
