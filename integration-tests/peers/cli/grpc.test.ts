import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import type { Http2Server, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentials, Metadata, makeClientConstructor } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { commandLine, lamella, lamellaServe } from '../../support/lamella-process.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tlsFiles } from './tls-files.ts';

const ECHO = 'lamella.echo.v1.Echo';
const PROTO = fileURLToPath(new URL('../../../packages/cli/src/serve/grpc-echo/echo.proto', import.meta.url));
const BIN = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

describe('lamella grpc', () => {
  it('lists, describes and calls by reflection in all three protocols, with JSON in and out', async () => {
    const { url } = await lamellaServe('grpc-echo', '--quiet');
    const list = await lamella(['grpc', 'list', url]);
    expect(list.stdout.split('\n')).toEqual(expect.arrayContaining([ECHO, 'grpc.health.v1.Health']));
    expect((await lamella(['grpc', 'list', url, ECHO])).stdout).toBe(
      `${ECHO}/Say\n${ECHO}/Repeat\n${ECHO}/Join\n${ECHO}/Chat\n`,
    );
    const described = await lamella(['grpc', 'describe', url, 'lamella.echo.v1.EchoRequest.count']);
    expect(described.stdout).toContain('\nint32 count = 3;\n');

    for (const protocol of ['grpc', 'grpc-web', 'connect']) {
      const options = ['--protocol', protocol, '-H', 'x-key-bin: aGk=', '--timeout', '60'];
      const said = await lamella(['grpc', 'call', ...options, '-d', '{"message":"hello"}', url, `${ECHO}/Say`]);
      expect(JSON.parse(said.stdout)).toMatchObject({
        message: 'hello',
        number: 1,
        metadata: expect.arrayContaining([{ name: 'x-key-bin', value: 'aGk=' }]),
        timeoutMs: expect.stringMatching(/^[0-9]+$/),
      });
    }
    const input = '{"message":"a"}\n{"message":\n"b"}';
    const chat = await lamella(['grpc', 'call', '--protocol', 'connect', '-d', '-', url, `${ECHO}/Chat`], { input });
    expect(chat.stdout.trimEnd().split('\n').map(messageOf)).toEqual(['a', 'b']);
    const joined = ['-d', '{"message":"a"}', '-d', '{"message":"b"}', url, `${ECHO}/Join`];
    expect(messageOf((await lamella(['grpc', 'call', ...joined])).stdout)).toBe('ab');
  });

  it('passes on what is typed and what comes while the stream is open', async () => {
    const { url } = await lamellaServe('grpc-echo', '--quiet');
    const [command = '', ...flags] = commandLine();
    const script = '(echo \'{"message":"first"}\'; cat "$0") | "$@"';
    const fifo = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
    const call = startProcess('sh', [
      '-c',
      script,
      fifo,
      command,
      ...flags,
      'grpc',
      'call',
      '-d',
      '-',
      url,
      `${ECHO}/Chat`,
    ]);
    await call.printed(/"first"/); // the input has not ended, and nobody has written to the pipe yet
    startProcess('sh', ['-c', 'echo \'{"message":"second"}\' > "$0"', fifo]);
    await call.printed(/"second"/);
    expect(await call.ended).toBe(0);
  });

  it('tells the status by the exit code, and what was typed wrong with what may have been meant', async () => {
    const { url } = await lamellaServe('grpc-echo', '--quiet');
    const call = (data: string, method = `${ECHO}/Say`) => lamella(['grpc', 'call', '-d', data, url, method]);
    for (const [answer, code, text] of [
      [call('{"failStatus":5,"failMessage":"no such"}'), 69, 'NOT_FOUND (5): no such'],
      [call('{"mesage":"x"}'), 2, 'key "mesage" is unknown; did you mean message?'],
      [call('{"message":\n"x",}'), 2, '--data, line 2, column 5: no JSON: "}" is not expected here'],
      [call('{}', `${ECHO}/Sey`), 2, `${ECHO} has no method Sey; did you mean Say?`],
      [call('{}', 'Echo/Say'), 2, `there is no service Echo; did you mean ${ECHO}?`],
      [lamella(['grpc', 'list', 'http://127.0.0.1:1']), 78, 'UNAVAILABLE (14): connect to 127.0.0.1:1: refused'],
      [lamella(['grpc', 'call', '--timeout', '0.001', url, `${ECHO}/Say`]), 68, 'DEADLINE_EXCEEDED (4)'],
    ] as const) {
      const { code: exitCode, stderr } = await answer;
      expect([exitCode, stderr]).toEqual([code, expect.stringContaining(text)]);
    }
    const pages = createServer((_, response) => void response.writeHead(404).end());
    const { stderr } = await lamella(['grpc', 'list', await portOf(pages)]);
    expect(stderr).toContain('give the schema by --descriptor-set or --proto');
    pages.close();
  });

  it('shows metadata, trailers and details with -v', async () => {
    const { url } = await lamellaServe('grpc-echo', '--quiet');
    const verbose = await lamella(['grpc', 'call', '-v', '-H', 'x-room: kitchen', url, `${ECHO}/Say`]);
    expect(verbose.stderr).toMatch(
      /^\* Connected to .*\n\* lamella\.echo\.v1\.Echo\/Say \(unary\)\n> x-room: kitchen\n< [\s\S]*\* OK\n$/,
    );
  });

  it('takes schemas of .proto files and descriptor sets, and speaks TLS and to sockets', async () => {
    const set = join(temporaryFolder(), 'echo.binpb');
    execFileSync(join(BIN, 'buf'), ['build', PROTO, '--as-file-descriptor-set', '-o', set]);
    const { ca, pem } = await tlsFiles();
    const secured = await lamellaServe('grpc-echo', '--quiet', '--tls', '--cert', await pem(['127.0.0.1']));
    const data = ['-d', '{"message":"hello"}'];
    const trusting = await lamella([
      'grpc',
      'call',
      '--cacert',
      ca,
      '--descriptor-set',
      set,
      ...data,
      secured.url,
      `${ECHO}/Say`,
    ]);
    expect([trusting.code, messageOf(trusting.stdout)]).toEqual([0, 'hello']);
    const stranger = await lamella(['grpc', 'call', '--descriptor-set', set, ...data, secured.url, `${ECHO}/Say`]);
    expect([stranger.code, stranger.stderr]).toEqual([78, expect.stringContaining('--cacert')]);

    const env = { PATH: `${BIN}:${process.env['PATH'] ?? ''}` };
    const path = join(temporaryFolder(), 's');
    const [command = '', ...flags] = commandLine();
    const server = startProcess(command, [...flags, 'serve', 'grpc-echo', '--bind', `unix:${path}`]);
    await server.printed(/listening/);
    const call = ['grpc', 'call', '--proto', PROTO, ...data, `unix:${path}`, `${ECHO}/Say`];
    expect(messageOf((await lamella(call, { env })).stdout)).toBe('hello');
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });
});

describe('lamella grpc, on its way', () => {
  it('goes through a proxy by a tunnel, in clear too, but to this machine only where one is named', async () => {
    const { url, port } = await lamellaServe('grpc-echo', '--quiet');
    const proxy = await lamellaServe('proxy', '--auth', 'me:pw', '--connect-ports', 'any');
    const list = (env: Record<string, string>, ...args: string[]) => lamella(['grpc', 'list', ...args, url], { env });
    expect((await list({}, '-x', proxy.url, '-U', 'me:pw')).stdout).toContain(ECHO);
    const [tunnel] = await proxy.printed(/CONNECT [^ ]+ 200/, 'stderr');
    expect(tunnel).toBe(`CONNECT 127.0.0.1:${port} 200`);
    expect(await list({}, '-x', proxy.url)).toMatchObject({ code: 78, stderr: expect.stringContaining('407') });
    expect((await list({ http_proxy: 'http://127.0.0.1:1' })).code).toBe(0);
    expect((await list({}, '-x', 'ftp://127.0.0.1')).code).toBe(2);
    const away = await lamella(['grpc', 'list', 'http://away.invalid'], { env: { http_proxy: proxy.url } });
    expect([away.code, away.stderr]).toEqual([78, expect.stringContaining('407')]);
  });

  it.each(['gzip', 'deflate', 'identity'])('compresses what goes out: %s', async (encoding) => {
    const seen: unknown[] = [];
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.once('data', (chunk: Buffer) => seen.push([headers['grpc-encoding'] ?? 'identity', chunk[0]]));
      stream.once('end', () =>
        stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '9' }, { endStream: true }),
      );
    });
    const address = await portOf(server);
    const data = ['--compression', encoding, '--proto', PROTO, '-d', '{"message":"a"}'];
    const env = { PATH: `${BIN}:${process.env['PATH'] ?? ''}` };
    expect((await lamella(['grpc', 'call', ...data, address, `${ECHO}/Say`], { env })).code).toBe(73);
    expect(seen).toEqual([[encoding, encoding === 'identity' ? 0 : 1]]);
    server.close();
  });
});

describe('lamella serve grpc-echo', () => {
  it('answers grpc-js', async () => {
    const { port } = await lamellaServe('grpc-echo', '--quiet');
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('x-room', 'kitchen');
    const say = (message: Buffer) =>
      new Promise<Buffer>((resolve, reject) => {
        client.makeUnaryRequest(`/${ECHO}/Say`, identity, identity, message, metadata, (error, reply) => {
          if (error === null && reply !== undefined) resolve(reply);
          else reject(error);
        });
      });
    // Field 1 is the text, field 5 the status to end with.
    expect((await say(Buffer.from('\x0a\x05hello'))).toString('latin1')).toMatch(/^\x0a\x05hello[\s\S]*kitchen/);
    await expect(say(Buffer.from([0x28, 5]))).rejects.toMatchObject({ code: 5 });
    const chat = client.makeBidiStreamRequest(`/${ECHO}/Chat`, identity, identity, metadata);
    chat.write(Buffer.from('\x0a\x01a'));
    const [first] = await once(chat, 'data');
    chat.end();
    chat.resume();
    expect(String(first)).toContain('\x0a\x01a');
    await once(chat, 'end');
    client.close();
  });
});

const Client = makeClientConstructor({}, 'Echo');

/** Lets a server listen. @returns `:port`. */
async function portOf(server: Http2Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // of a server that listens
  return `:${port}`;
}

function identity(bytes: Buffer): Buffer {
  return bytes;
}

function messageOf(json: string): unknown {
  const { message } = JSON.parse(json) as { readonly message?: unknown }; // of a reply, which is an object
  return message;
}
