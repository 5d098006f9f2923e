import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpRequest } from '@lamella/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lamella, lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

describe('lamella serve reverse --config', () => {
  usePeers('curl');

  it('balances over a group, leaves out who is unwell, and shows its own pages', async () => {
    const [one, two] = [await origin('one'), await origin('two')];
    const path = configFile(`
groups:
  api:
    servers: [${one.url}, ${two.url}]
    policy: round-robin
    healthCheck: { path: /healthz, intervalMs: 100, fall: 1, rise: 1 }
routes:
  - path: /api
    group: api
    responseHeaders: { set: { X-Served-By: lamella } }
  - path: /down
    to: http://127.0.0.1:1
  - path: /slow
    to: ${one.url}/slow
    timeoutMs: 1
errorPages:
  '502': { html: <h1>soon</h1>, text: soon }
  '504': { text: slow }
`);
    const server = await lamellaServe('reverse', '--config', path, '--quiet');
    const answers = new Set<string>();
    for (let count = 0; count < 4; count++) answers.add((await curl(`${server.url}/api/x`)).stdout);
    expect(answers).toEqual(new Set(['one /api/x', 'two /api/x']));
    expect((await curl('-i', `${server.url}/api`)).stdout).toMatch(/^x-served-by: lamella/im);
    expect((await curl(`${server.url}/down`)).stdout).toBe('<h1>soon</h1>');
    expect((await curl('-H', 'Accept: text/plain', `${server.url}/down`)).stdout).toBe('soon');
    const late = await curl('-i', `${server.url}/slow`);
    expect(late.stdout).toMatch(
      /^HTTP\/1\.1 504 .*proxy-status: [^;]+; error=http_response_timeout\r\n.*\r\n\r\nslow$/is,
    );
    two.isWell = false;
    await server.printed(new RegExp(`api: ${two.url} is unhealthy`), 'stderr');
    for (let count = 0; count < 4; count++) expect((await curl(`${server.url}/api`)).stdout).toBe('one /api');
    two.isWell = true;
    await server.printed(new RegExp(`api: ${two.url} is available`), 'stderr');
  });

  it('reads the file anew on SIGHUP, and loses no request of a hundred at a time', async () => {
    const [one, two] = [await origin('one'), await origin('two')];
    const route = (url: string): string => `routes:\n  - to: ${url}\n`;
    const path = configFile(route(one.url));
    const server = await lamellaServe('reverse', '--config', path, '--quiet');
    const client = testClient({ maxConnectionsPerOrigin: 100 });
    const seen: string[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    const workers = Array.from({ length: 20 }, async () => {
      while (!isOver) {
        try {
          const response = await client.serve(
            HttpRequest.from({ target: `${server.url}/slow`, method: 'POST', body: 'x' }),
          );
          seen.push(`${response.status} ${await response.body.text()}`);
        } catch (error) {
          failures.push(error);
          isOver = true;
        }
      }
    });
    /** Waits until so many more requests have been answered. */
    const answered = async (count: number): Promise<void> => {
      for (const until = seen.length + count; seen.length < until && !isOver; ) await sleep(10);
    };
    for (let round = 0; round < 6; round++) {
      await answered(20);
      writeFileSync(path, round === 3 ? 'routes:\n  - to: nowhere\n' : route(round % 2 === 0 ? two.url : one.url));
      server.signal('SIGHUP');
    }
    await answered(40);
    isOver = true;
    await Promise.all(workers);
    expect(failures).toEqual([]);
    expect(new Set(seen)).toEqual(new Set(['200 one /slow', '200 two /slow']));
    expect(server.stderr()).toContain(`${path}:2:5: routes[0]: a route's to must be a URL`);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('says in the way of compilers what is wrong, and takes no flags that the file has fields for', async () => {
    const path = configFile('routes:\n  - too: http://a\n');
    const wrong = await lamella(['serve', 'reverse', '--config', path]);
    expect([wrong.code, wrong.stderr.split('\n')[0]]).toEqual([
      2,
      `${path}:2:5: routes[0].too is no field here; did you mean to?`,
    ]);
    const flags = await lamella(['serve', 'reverse', '--config', path, '--trust-forwarded']);
    expect([flags.code, flags.stderr]).toEqual([2, 'lamella: --trust-forwarded stands in the file of --config\n']);
    const neither = await lamella(['serve', 'reverse']);
    expect([neither.code, neither.stderr]).toEqual([
      2,
      'lamella: use either --to or --config, such as --to http://127.0.0.1:3000\n',
    ]);
  });
});

function configFile(text: string): string {
  const path = join(temporaryFolder(), 'proxy.yaml');
  writeFileSync(path, text);
  return path;
}

async function origin(name: string): Promise<{ readonly url: string; isWell: boolean }> {
  const state = { url: '', isWell: true };
  const server = createServer((request, response) => {
    if (request.url === '/healthz') response.writeHead(state.isWell ? 200 : 503).end();
    else setTimeout(() => response.end(`${name} ${request.url}`), request.url === '/slow' ? 20 : 0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return state;
}
