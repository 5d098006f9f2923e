import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { HttpResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { SoakKind, SoakWorld } from './kind.ts';

/** Requests: small ones, large ones, and those that somebody leaves. */
export const httpKinds: readonly SoakKind[] = [
  {
    name: 'GET',
    async run(world) {
      const response = await serve(world, 'GET', '/hello?name=soak');
      expectText(await response.body.text(), 'hello soak');
    },
  },
  {
    name: 'POST, 16 KiB',
    async run(world) {
      const response = await serve(world, 'POST', '/digest', PAYLOAD);
      expectText(await response.body.text(), PAYLOAD_DIGEST);
    },
  },
  {
    name: 'POST, streamed both ways',
    async run(world) {
      const pieces = Array.from({ length: 16 }, (_, index) => `piece ${index};`);
      const response = await serve(world, 'POST', '/echo', pieces);
      expectText(await response.body.text(), pieces.join(''));
    },
  },
  {
    name: 'GET, 256 KiB',
    async run(world) {
      const response = await serve(world, 'GET', '/bytes/262144');
      let count = 0;
      for await (const chunk of response.body) count += chunk.length;
      expectText(String(count), '262144');
    },
  },
  {
    name: 'node:http through the forward proxy',
    run: ({ ports }) =>
      new Promise((resolve, reject) => {
        const path = `http://127.0.0.1:${ports.origin}/hello?name=node`;
        const asked = request({ port: ports.forward, host: '127.0.0.1', path, agent: false }, (response) => {
          response.setEncoding('utf8');
          let text = '';
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('error', reject);
          response.on('end', () => (text === 'hello node' ? resolve() : reject(new Error(`got ${text}`))));
        });
        asked.on('error', reject);
        asked.end();
      }),
  },
  {
    name: 'aborted before the answer',
    async run(world) {
      const controller = new AbortController();
      const reason = new Error('the soak leaves');
      setTimeout(() => controller.abort(reason), 5);
      try {
        const response = await serve(world, 'GET', '/slow/1000', undefined, controller.signal);
        await response.body.text();
      } catch (error) {
        if (error !== reason) throw error;
        return;
      }
      throw new Error('an aborted request was answered');
    },
  },
  {
    name: 'left in the middle of the answer',
    async run(world) {
      const response = await serve(world, 'GET', '/bytes/1048576');
      await response.body.read();
      response.body.cancel();
    },
  },
];

function serve(
  { client, ports }: SoakWorld,
  method: string,
  path: string,
  body?: string | readonly string[],
  signal?: AbortSignal,
): Promise<HttpResponse> {
  const target = `http://127.0.0.1:${ports.reverse}${path}`;
  return client.serve(
    HttpRequest.from({ method, target, ...(body !== undefined && { body }), ...(signal !== undefined && { signal }) }),
  );
}

function expectText(found: string, expected: string): void {
  if (found !== expected) throw new Error(`got ${JSON.stringify(found.slice(0, 100))}`);
}

const PAYLOAD = 'a line of the payload that is soaked\n'.repeat(443);
const PAYLOAD_DIGEST = createHash('sha256').update(PAYLOAD).digest('hex');
