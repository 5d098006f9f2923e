import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { grpcClient, grpcReflectionClient, HealthService, HealthStatus } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { tcpConnector } from '@lamella/net-tcp';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { keepPicture } from '../../support/keep-picture.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import { startApp, startAppAsUser } from '../../support/start-app.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl', 'chromium');

describe('the gRPC chat', () => {
  it('starts by the command of the README, and prints commands that work', async () => {
    const server = await startAppAsUser('start:grpc-chat');
    const outputs = [];
    for (const command of server.stdout().match(/^ {2}curl .*$/gm) ?? []) {
      outputs.push((await run('sh', ['-c', command], { env: NO_PROXIES })).stdout);
    }
    expect(outputs).toEqual([
      expect.stringMatching(/^{"number":1,"author":"curl","text":"hello","atMs":[0-9]+}$/),
      '{"rooms":[{"name":"lobby"},{"name":"kitchen"}]}',
      '{"status":"SERVING"}',
    ]);
    server.signal('SIGINT');
    await server.printed(/^drained in [0-9]+ ms/m);
    await server.ended;
  });

  it('lets two browsers chat and share a file', async () => {
    const server = await startApp('start:grpc-chat');
    const pages = [await chromiumPage(), await chromiumPage()] as const;
    const failures: string[] = [];
    for (const page of pages) {
      page.on('pageerror', (error) => failures.push(error.message));
      page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
      await page.goto(server.url);
    }
    const [ann, bob] = pages;
    await say(ann, 'Ann', 'hello <b>Bob</b>');
    await expect.poll(() => messagesOf(bob)).toEqual([expect.stringMatching(/ Ann hello <b>Bob<\/b>$/)]);
    await say(bob, 'Bob', 'hi, here is a file');
    for (const page of pages) await expect.poll(async () => (await messagesOf(page)).length).toBe(2);

    const content = Buffer.from(new Uint8Array(150_000).map((_value, index) => index % 251));
    await bob.setInputFiles('input[type=file]', { name: 'numbers.bin', mimeType: 'text/plain', buffer: content });
    await bob.click('#upload button');
    await expect.poll(() => bob.textContent('#files')).toBe('numbers.bin 150000 bytes');
    await keepPicture(bob, 'grpc-chat');
    const [download] = await Promise.all([bob.waitForEvent('download'), bob.click('#files button')]);
    expect((await readFile(await download.path())).equals(content)).toBe(true);

    await ann.fill('[name=room]', 'garden');
    await ann.click('#enter button');
    expect(await ann.textContent('#room')).toBe('garden');
    await expect.poll(() => messagesOf(ann)).toEqual([]);
    expect(failures).toEqual([]);

    server.signal('SIGTERM');
    await expect.poll(() => bob.textContent('#state')).toMatch(/; trying again$/);
    expect(await server.ended).toBe(0);
    expect(server.stdout()).toMatch(/^drained in .* 0 cut$/m);
    expect(server.stderr()).toBe('');
  });

  it('tells other clients what it serves, and serves them: streams each way and both ways', async () => {
    const { url } = await startApp('start:grpc-chat');
    const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
    onTestFinished(() => http.close());
    const reflection = grpcReflectionClient(http, { url });
    expect(await reflection.listServices()).toEqual([
      'chat.v1.Chat',
      'chat.v1.Files',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
    const health = grpcClient(http, HealthService, { url });
    expect((await health.check({ service: 'chat.v1.Files' })).status).toBe(HealthStatus.SERVING);

    // Clients of Connect-ES, by a schema that the server has told.
    const chat = createClient(await reflection.service('chat.v1.Chat'), createGrpcTransport({ baseUrl: url }));
    const files = createClient(await reflection.service('chat.v1.Files'), createGrpcTransport({ baseUrl: url }));
    const heard = [];
    for await (const message of call(chat, 'talk')(saying('one', 'two'))) heard.push(message);
    expect(heard).toMatchObject([
      { number: 1, text: 'one' },
      { number: 2, text: 'two' },
    ]);
    const file = [{ name: 'a.bin' }, { data: new Uint8Array(70_000).fill(7) }];
    expect(await Promise.resolve(call(files, 'upload')(from(file)))).toMatchObject({ id: 'f1', size: 70_000 });
    const web = createGrpcWebTransport({ baseUrl: url, httpVersion: '1.1' });
    const pieces = createClient(await reflection.service('chat.v1.Files'), web);
    const sizes = [];
    for await (const { data } of call(pieces, 'download')({ id: 'f1' })) sizes.push(data.length);
    expect(sizes).toEqual([65_536, 4_464]);
  });

  it('speaks TLS if asked to, and lets no page of another site call', async () => {
    const folder = temporaryFolder();
    const { url } = await startApp('start:grpc-chat', { TLS: 'on', CERT_FOLDER: folder });
    const send = ['-H', 'Content-Type: application/json', '-d', '{}', `${url}/chat.v1.Chat/ListRooms`];
    const options = ['--cacert', join(folder, 'ca.pem'), '-o', '/dev/null', '-w', '%{http_version} %{http_code}'];
    expect((await curl(...options, ...send)).stdout).toBe('2 200');
    expect((await curl(...options, '--http1.1', ...send)).stdout).toBe('1.1 200');
    expect((await curl(...options, '-H', 'Origin: https://evil.test', ...send)).stdout).toBe('2 403');
  });
});

async function say(page: Page, author: string, text: string): Promise<void> {
  await page.fill('[name=author]', author);
  await page.fill('[name=text]', text);
  await page.click('#say button');
}

function messagesOf(page: Page): Promise<readonly string[]> {
  return page.locator('#messages li').allTextContents();
}

/** A method of a client whose schema is known at run time only. */
function call(client: object, method: string): (input: unknown) => AsyncIterable<{ readonly data: Uint8Array }> {
  // A client of Connect-ES has a function for every method; the calls above say what each takes and gives.
  return (
    (client as Readonly<Record<string, (input: unknown) => AsyncIterable<{ data: Uint8Array }>>>)[method] ?? missing
  );
}

function missing(): never {
  throw new Error('there is no such method');
}

async function* saying(...texts: readonly string[]): AsyncGenerator<object> {
  for (const text of texts) yield { room: 'lobby', author: 'Connect', text };
}

async function* from<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}
