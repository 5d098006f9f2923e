import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../support/echo-origin.ts';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import type { Finished } from '../../support/run.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl');

/** Both get the same arguments, and the server says what came. Only User-Agent and the order of fields may differ. */
describe('send and curl, side by side', () => {
  it.each<readonly [what: string, ...args: readonly string[]]>([
    ['a path, a query and a fragment', 'URL/a/../b%20c?d=e&&f#g'],
    ['fields, replaced, taken away, empty', '-H', 'x-b: 1', '-H', 'X-A:2', '-H', 'accept:', '-H', 'X-E;', 'URL'],
    ['a host of its own', '-H', 'Host: other.test', 'URL'],
    ['a method', '-X', 'PROPFIND', 'URL'],
    ['a form in parts', '-d', 'a=1', '-d', '@FOLDER/lines', '--data-raw', '@b', 'URL'],
    ['a file as it is', '--data-binary', '@FOLDER/lines', 'URL'],
    ['nothing, posted', '-d', '', 'URL'],
    ['a form by another method', '-X', 'PATCH', '-d', 'ü=1', 'URL'],
    [
      'a form of another type, in chunks',
      '-H',
      'Transfer-Encoding: chunked',
      '-H',
      'content-type: x/y',
      '-d',
      'a',
      'URL',
    ],
    ['JSON in parts', '--json', '{"a":', '--json', '1}', 'URL'],
    ['compressed content', '--compressed', '-H', 'Accept-Encoding: gzip', 'URL'],
    ['a file to a folder', '-H', 'Expect:', '-T', 'FOLDER/lines', 'URL/folder/'],
    ['a file to a folder with a query', '-H', 'Expect:', '-T', 'FOLDER/lines', 'URL/folder/?a=b/'],
    ['a file to a name with a query', '-H', 'Expect:', '-T', 'FOLDER/lines', 'URL/name?a=b/'],
    ['credentials', '-u', 'me:p:w', 'URL'],
    ['credentials in the URL', 'http://me:p%40w@HOST/'],
    ['a name that is told its address', '--resolve', 'shop.test:PORT:127.0.0.1', 'http://shop.test:PORT/x'],
    ['a redirect that keeps the method', '-L', '-d', 'a=1', 'URL/redirect/307'],
    ['a redirect that becomes GET', '-L', '-d', 'a=1', 'URL/redirect/303'],
    ['a redirect to another host', '-L', '-u', 'me:pw', '-H', 'Cookie: a=b', 'URL/elsewhere'],
  ])('send %s', async (_what, ...args) => {
    const { both } = await setup();
    const [ours, theirs] = await both(...args);
    expect(ours.code).toBe(0);
    const [mine, other] = [ours, theirs].map(({ stdout }) => comparable(receivedRequest(stdout)));
    expect(mine).toEqual(other);
  });

  it.each<readonly [what: string, ...args: readonly string[]]>([
    ['a head alone', '-I', 'URL/hello'],
    ['heads of redirects and of the end', '-i', '-L', 'URL/moved'],
    ['a redirect as it is', '-i', 'URL/moved'],
    ['no body of what failed', '-f', 'URL/missing'],
    ['a body whatever the status', 'URL/missing'],
    ['interim heads', '-i', 'URL/early'],
  ])('print %s', async (_what, ...args) => {
    const { both } = await setup();
    const [ours, theirs] = await both(...args);
    expect([ours.code, withoutDate(ours.stdout)]).toEqual([theirs.code, withoutDate(theirs.stdout)]);
  });

  it.each<readonly [code: number, what: string, args: readonly string[]]>([
    [1, 'a scheme that is unknown', ['gopherx://h/']],
    [2, 'an option that is none', ['--no-such-option', 'URL']],
    [3, 'what is no URL', ['http://h:99999/']],
    [6, 'a name that is unknown', ['http://unknown.invalid/']],
    [5, 'a proxy that is unknown', ['-x', 'unknown.invalid:1', 'URL']],
    [7, 'a port where nobody listens', ['http://127.0.0.1:1/']],
    [18, 'half a response', ['URL/half']],
    [22, 'a status of 500, if told so', ['-f', 'URL/500']],
    [23, 'a folder that is missing', ['-o', 'FOLDER/missing/file', 'URL']],
    [26, 'a file that is missing', ['-T', 'FOLDER/missing', 'URL']],
    [28, 'what takes too long', ['--max-time', '0.5', 'URL/never']],
    [28, 'a body that does not end', ['--max-time', '0.5', 'URL/stuck']],
    [47, 'too many redirects', ['-L', '--max-redirs', '3', 'URL/loop']],
    [52, 'no response', ['URL/nothing']],
    [56, 'a reset', ['URL/reset']],
  ])('end with %i for %s, in one line', async (code, _what, args) => {
    const { both } = await setup();
    const [ours, theirs] = await both(...args);
    expect([ours.code, theirs.code]).toEqual([code, code]);
    expect(ours.stderr).toMatch(/^(?:lamella: [^\n]+\n|error: [^\n]+\n\(lamella send --help tells more\)\n)$/);
  });

  it('send the same form, but for its boundary', async () => {
    const { both } = await setup();
    const form = [
      '-F',
      'a=1;type=text/x',
      '-F',
      'b="x;y"',
      '-F',
      'c=@FOLDER/lines',
      '-F',
      'd=@FOLDER/lines;filename=e.png',
    ];
    const more = [
      '-F',
      'f=<FOLDER/lines',
      '-F',
      'g=@FOLDER/lines;type=text/y;filename="h;i"',
      '--form-string',
      'j=@k;l',
    ];
    const [ours, theirs] = await both(...form, ...more, 'URL');
    const [mine, other] = [ours, theirs].map(({ stdout }) => withoutBoundary(receivedRequest(stdout)));
    expect(mine).toEqual(other);
    expect(mine?.body.match(/BOUNDARY/g)).toHaveLength(8);
  });

  it.each(['gzip', 'br', 'zstd', 'deflate'])('decode content in %s, and keep the head as it came', async (coding) => {
    const { both } = await setup();
    const [ours, theirs] = await both('-i', '--compressed', `URL/coded/${coding}`);
    expect(ours.stdout).toContain('hello hello hello');
    expect([ours.code, withoutDate(ours.stdout)]).toEqual([theirs.code, withoutDate(theirs.stdout)]);
  });

  it('say nothing with -s, and the error alone with -sS', async () => {
    expect(await lamella(['send', '-s', 'http://127.0.0.1:1/'])).toMatchObject({ code: 7, stdout: '', stderr: '' });
    const { code, stderr } = await lamella(['send', '-sS', 'http://127.0.0.1:1/']);
    expect([code, stderr]).toEqual([7, expect.stringMatching(/^lamella: [^\n]+\n$/)]);
  });
});

async function setup() {
  const origin = await nodeOrigin((request, response) => {
    const { url = '' } = request;
    const moved = (status: number, location: string): void =>
      void response.writeHead(status, { location }).end('moved');
    const status = /^\/redirect\/([0-9]+)$/.exec(url)?.[1];
    if (status !== undefined) moved(Number(status), '/end');
    else if (url === '/elsewhere') moved(302, `http://localhost:${origin.port}/end`);
    else if (url === '/moved') moved(301, '/hello');
    else if (url === '/loop') moved(302, '/loop');
    else if (url === '/hello') response.end('hello');
    else if (url.startsWith('/coded/')) {
      const coding = url.slice('/coded/'.length);
      response.writeHead(200, { 'content-encoding': coding }).end(CODERS.get(coding)?.('hello '.repeat(100)));
    } else if (url === '/missing') response.writeHead(404).end('missing');
    else if (url === '/500') response.writeHead(500).end('broken');
    else if (url === '/early')
      response.writeEarlyHints({ link: '</a>; rel=preload' }, () => void response.end('hello'));
    else if (url === '/half')
      response.writeHead(200, { 'Content-Length': 9 }).write('half', () => request.socket.end());
    else if (url === '/nothing') request.socket.end();
    else if (url === '/reset') request.socket.resetAndDestroy();
    else if (url === '/stuck') response.write('half');
    else if (url !== '/never') void answerWithRequest(request, response);
  });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lines'), 'b=2\r\nc=3\n');
  const filledIn = (args: readonly string[]): string[] =>
    args.map((arg) =>
      arg
        .replaceAll('URL', origin.url)
        .replaceAll('HOST', `127.0.0.1:${origin.port}`)
        .replaceAll('PORT', String(origin.port))
        .replaceAll('FOLDER', folder),
    );
  const both = (...args: readonly string[]): Promise<[ours: Finished, theirs: Finished]> =>
    Promise.all([lamella(['send', ...filledIn(args)]), curl(...filledIn(args))]);
  return { both };
}

/** A request without User-Agent, its fields in one order. */
function comparable({ headers, ...rest }: ReceivedRequest): object {
  const lines = headers
    .filter(([name]) => name.toLowerCase() !== 'user-agent')
    .map(([name, value]) => `${name}: ${value}`)
    .sort();
  return { ...rest, headers: lines };
}

/** What matters of a form: its length and boundary are by chance. */
function withoutBoundary({ headers, body }: ReceivedRequest): { readonly type: string; readonly body: string } {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const boundary = type.split('boundary=')[1] ?? '';
  return { type: type.replace(boundary, 'BOUNDARY'), body: body.replaceAll(boundary, 'BOUNDARY') };
}

const CODERS: ReadonlyMap<string, (text: string) => Uint8Array> = new Map<string, (text: string) => Uint8Array>([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['deflate', deflateSync],
]);

function withoutDate(text: string): string {
  return text.replace(/^Date: .*\r\n/gm, '');
}
