import { AsyncLocalStorage } from 'node:async_hooks';
import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { HttpRequest } from '../message/http-request.ts';
import { HttpResponse } from '../message/http-response.ts';
import { httpServerLayer } from '../server/http-server-layer.ts';
import { createHttpClient } from './http-client.ts';

describe('connections of a client', () => {
  it('are opened outside of the call that needs them, which goes on within', async () => {
    const storage = new AsyncLocalStorage<string>();
    const server = httpServerLayer()({ serve: async () => HttpResponse.text('hello') });
    const seen: (string | undefined)[] = [];
    const connector = {
      async serve(): Promise<Connection> {
        seen.push(storage.getStore());
        await Promise.resolve();
        seen.push(storage.getStore());
        const [near, far] = memoryPipe();
        void server.serve(createConnection(far));
        return createConnection(near);
      },
    };
    const client = createHttpClient({ connector });
    await storage.run('a call', async () => {
      const response = await client.serve(HttpRequest.from({ target: 'http://app.test/' }));
      expect(storage.getStore()).toBe('a call');
      expect(await response.body.text()).toBe('hello');
      expect(storage.getStore()).toBe('a call');
    });
    expect(seen).toEqual([undefined, undefined]);
    await client.close();
  });
});
