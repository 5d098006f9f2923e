import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../support/echo-origin.ts';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { NO_PROXIES, run } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl');

describe('lamella send --curl', () => {
  it.each<[what: string, ...args: readonly string[]]>([
    ['a GET', '-H', "X-Quote: it's $HOME `id`", 'URL/a?b=c d&[e]'],
    ['a form', '-u', 'me:p w', '-b', 'a=1', '-d', "a=it's", '-d', '@FOLDER/lines', 'URL/'],
    ['JSON by another method', '-X', 'PATCH', '--json', '{"a":"\\u00fc ü"}', 'URL/'],
    ['bytes', '--data-binary', '@FOLDER/bytes', 'URL/'],
    ['content of 200,000 bytes', '-d', '@FOLDER/long', 'URL/'],
    ['an upload', '-T', 'FOLDER/lines', 'URL/folder/'],
    ['redirects', '-L', '-d', 'a=1', 'URL/redirect/307'],
    ['what is compressed', '--compressed', 'URL/coded'],
    ['a jar of cookies', '-b', 'FOLDER/jar', 'URL/'],
    ['a name that is told its address', '--resolve', 'shop.test:PORT:127.0.0.1', 'http://shop.test:PORT/x'],
  ])('prints what sends the same: %s', async (_what, ...args) => {
    const { filledIn, inShell, origin } = await setup();
    const words = filledIn(args);
    const sent = await lamella(['send', ...words]);
    const acceptedBefore = origin.accepted();
    const printed = await lamella(['send', '--curl', ...words]);
    expect([printed.code, printed.stderr, origin.accepted() - acceptedBefore]).toEqual([0, '', 0]);
    const bySession = await inShell(printed.stdout);
    expect([sent.code, bySession.code]).toEqual([0, 0]);
    expect(comparable(bySession.stdout)).toEqual(comparable(sent.stdout));
  });

  it('prints what posts the same form', async () => {
    const { filledIn, inShell } = await setup();
    const words = filledIn(['-F', 'a=b c', '-F', 'f=@FOLDER/lines;type=text/x', '--form-string', 'g=@h', 'URL/']);
    const sent = await lamella(['send', ...words]);
    const bySession = await inShell((await lamella(['send', '--curl', ...words])).stdout);
    const [ours, theirs] = [sent, bySession].map(({ stdout }) => withoutBoundary(receivedRequest(stdout)));
    expect(theirs).toEqual(ours);
    expect(ours?.match(/BOUNDARY/g)).toHaveLength(5);
  });

  it('leaves what is too long to the standard input, and says so', async () => {
    const { filledIn, inShell } = await setup();
    const printed = await lamella(['send', '--curl', ...filledIn(['--data-binary', '@FOLDER/longest', 'URL/'])]);
    expect(printed.stderr).toBe(
      'lamella: the content is too long for a command; give it to curl as its standard input\n',
    );
    const { stdout } = await inShell(printed.stdout, 'given');
    expect(receivedRequest(stdout).body).toBe('given');
  });

  it('has nothing to record', async () => {
    expect(await lamella(['send', '--curl', '--har', 'f', 'h'])).toMatchObject({
      code: 2,
      stderr: 'lamella: --curl sends nothing that --har could record\n',
    });
  });
});

describe('lamella send --har', () => {
  it('records redirects, content and times, without credentials and cookies', async () => {
    const { send, har, path } = await setup();
    const { code } = await send('-L', '-u', 'me:secret', '-b', 'a=secret', '-d', 'a=1', 'URL/redirect/307');
    const entries = har();
    expect(
      entries.map(({ request, response }) => [request.method, new URL(request.url).pathname, response.status]),
    ).toEqual([
      ['POST', '/redirect/307', 307],
      ['POST', '/end', 200],
    ]);
    expect(entries[1]?.request.postData?.text).toBe('a=1');
    expect(entries[1]?.response.content.text).toContain('"/end"');
    expect(entries[1]?.timings.wait).toBeGreaterThanOrEqual(0);
    const { 'user-agent': agent, authorization, cookie } = fieldsOf(entries[1]?.request.headers);
    expect([agent, authorization, cookie]).toEqual([expect.stringMatching(/^lamella\//), '[redacted]', '[redacted]']);
    expect([code, statSync(path).mode & 0o777]).toEqual([0, 0o600]);
  });

  it('records those too if told so', async () => {
    const { send, har } = await setup();
    await send('--har-secrets', '-u', 'me:secret', '-b', '', 'URL/set');
    const [entry] = har();
    expect(fieldsOf(entry?.request.headers)['authorization']).toBe('Basic bWU6c2VjcmV0');
    expect(entry?.response.cookies).toEqual([{ name: 'set', value: '1' }]);
  });

  it('records every attempt, with the cookies of that moment', async () => {
    const { send, har } = await setup();
    const args = ['--har-secrets', '-c', 'FOLDER/jar', '--retry', '1', '--retry-delay', '0.01', '-f', 'URL/busy'];
    expect((await send(...args)).code).toBe(22);
    expect(har().map(({ request, response }) => [response.status, request.cookies])).toEqual([
      [503, []],
      [503, [{ name: 'busy', value: '1' }]],
    ]);
  });

  it('records content as it was decoded', async () => {
    const { send, har } = await setup();
    expect((await send('--compressed', 'URL/coded')).stdout).toBe('hello');
    expect(har()[0]?.response.content).toMatchObject({ size: 5, text: 'hello' });
  });

  it.each<[code: number, what: string, error: RegExp, args: readonly string[]]>([
    [7, 'a connection that was refused', /refused/, ['http://127.0.0.1:1/']],
    [28, 'what was too slow', /--max-time/, ['--max-time', '0.5', 'URL/never']],
    [18, 'half a response', /./, ['URL/half']],
    [52, 'no response', /./, ['URL/nothing']],
  ])('records a failure (%i): %s', async (code, _what, error, args) => {
    const { send, har } = await setup();
    expect((await send(...args)).code).toBe(code);
    expect(har()).toEqual([
      expect.objectContaining({ response: expect.objectContaining({ _error: expect.stringMatching(error) }) }),
    ]);
  });

  it('fails if the file can not be written, unless it has failed already', async () => {
    const { filledIn } = await setup();
    const record = (...args: readonly string[]) =>
      lamella(['send', ...filledIn(['--har', 'FOLDER/missing/file', ...args])]);
    const sent = await record('URL/coded');
    expect([sent.code, sent.stderr]).toEqual([23, expect.stringMatching(/^lamella: cannot write [^\n]+\n$/)]);
    const failed = await record('-f', 'URL/busy');
    expect([failed.code, failed.stderr.split('\n').length]).toEqual([22, 3]);
  });

  it('goes to the standard output, behind the response', async () => {
    const { filledIn } = await setup();
    const { stdout } = await lamella(['send', ...filledIn(['--compressed', '--har', '-', 'URL/coded'])]);
    expect(stdout.startsWith('hello{')).toBe(true);
    expect(JSON.parse(stdout.slice('hello'.length)).log.entries).toHaveLength(1);
  });

  it('is what --har-secrets is about', async () => {
    expect((await lamella(['send', '--har-secrets', 'h'])).code).toBe(2);
  });
});

interface Entry {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly Pair[];
    readonly cookies: readonly Pair[];
    readonly postData?: { readonly text: string };
  };
  readonly response: {
    readonly status: number;
    readonly cookies: readonly Pair[];
    readonly content: { readonly size: number; readonly text?: string };
  };
  readonly timings: { readonly wait: number };
}

interface Pair {
  readonly name: string;
  readonly value: string;
}

async function setup() {
  const origin = await nodeOrigin((request, response) => {
    const { url = '' } = request;
    const status = /^\/redirect\/([0-9]+)$/.exec(url)?.[1];
    if (status !== undefined) response.writeHead(Number(status), { location: '/end' }).end();
    else if (url === '/set') response.writeHead(200, { 'set-cookie': 'set=1' }).end();
    else if (url === '/busy') response.writeHead(503, { 'set-cookie': 'busy=1' }).end('busy');
    else if (url === '/coded') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    else if (url === '/nothing') request.socket.end();
    else if (url === '/half')
      response.writeHead(200, { 'Content-Length': 9 }).write('half', () => request.socket.end());
    else if (url !== '/never') void answerWithRequest(request, response);
  });
  const folder = temporaryFolder();
  const files: readonly (readonly [name: string, content: string | Uint8Array])[] = [
    ['lines', "b=it's\r\nc=3\n"],
    ['bytes', Uint8Array.from({ length: 256 }, (_none, index) => index)],
    ['long', 'x'.repeat(200_000)],
    ['longest', 'x'.repeat(1024 * 1024 + 1)],
    ['jar', '127.0.0.1\tFALSE\t/\tFALSE\t0\tkept\t1\n'],
  ];
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  const filledIn = (args: readonly string[]): readonly string[] =>
    args.map((arg) =>
      arg.replace('URL', origin.url).replaceAll('FOLDER', folder).replaceAll('PORT', String(origin.port)),
    );
  const path = join(folder, 'har');
  const send = (...args: readonly string[]) => lamella(['send', '--har', path, ...filledIn(args)]);
  const har = (): readonly Entry[] => JSON.parse(readFileSync(path, 'utf8')).log.entries;
  const inShell = (command: string, input = '') => {
    const script = join(folder, 'script'); // an argument has a limit that a file has not
    writeFileSync(script, command);
    return run('sh', [script], { input, env: NO_PROXIES });
  };
  return { origin, filledIn, send, har, path, inShell };
}

function fieldsOf(pairs: readonly Pair[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map(({ name, value }) => [name.toLowerCase(), value]));
}

/** A request with its fields in one order; anything else that came, as it is. */
function comparable(stdout: string): object | string {
  if (!stdout.startsWith('{')) return stdout;
  const { headers, ...rest } = receivedRequest(stdout);
  return { ...rest, headers: headers.map(([name, value]) => `${name}: ${value}`).sort() };
}

/** Type, length and content of a form. */
function withoutBoundary({ headers, body }: ReceivedRequest): string {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const boundary = type.split('boundary=')[1] ?? '';
  return `${type}\n${body}`.replaceAll(boundary, 'BOUNDARY');
}
