import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import type { Finished } from '../../support/run.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl');

/** Both get the same arguments, each its own files. */
describe('send and curl, with cookies', () => {
  it.each<[what: string, seen: readonly string[], ...args: readonly string[]]>([
    ['typed', ['a=1; b=ü'], '-b', 'a=1; b=ü', 'URL/'],
    ['typed, and replaced', ['c=3'], '-b', 'a=1', '-H', 'Cookie: c=3', 'URL/'],
    ['typed, after a redirect', ['a=1', 'a=1'], '-L', '-b', 'a=1', 'URL/moved'],
    ['of a file', ['deep=2; top=1'], '-b', 'FOLDER/file', 'URL/deep/x'],
    ['of a file, elsewhere', ['top=1'], '-b', 'FOLDER/file', 'URL/other'],
    ['of a file that is not there', [''], '-b', 'FOLDER/missing', 'URL/'],
    ['of two files', ['deep=2; top=1; more=3'], '-b', 'FOLDER/file', '-b', 'FOLDER/other', 'URL/deep/x'],
    [
      'of header fields in a file',
      ['field=4'],
      '-b',
      'FOLDER/fields',
      '--resolve',
      'shop.test:PORT:127.0.0.1',
      'SHOP/',
    ],
    ['of a redirect', ['', 'set=1'], '-L', '-b', '', 'URL/set-and-moved'],
    ['of a redirect, without a jar', ['', ''], '-L', 'URL/set-and-moved'],
    ['that a redirect takes away', ['deep=2; top=1', 'deep=2'], '-L', '-b', 'FOLDER/file', 'URL/deep/expire'],
  ])('send those %s', async (_what, seen, ...args) => {
    const [ours, theirs] = await Promise.all([setup(lamellaSend, args), setup(curlOnly, args)]);
    expect([ours.finished.code, theirs.finished.code]).toEqual([0, 0]);
    expect(ours.seen).toEqual(seen);
    expect(sorted(ours.seen)).toEqual(sorted(theirs.seen));
  });

  it.each<[what: string, ...args: readonly string[]]>([
    ['that responses set', '-c', 'FOLDER/jar', 'URL/set-all'],
    ['of a file and of responses', '-b', 'FOLDER/file', '-c', 'FOLDER/jar', 'URL/deep/set'],
    ['back into the same file', '-b', 'FOLDER/file', '-c', 'FOLDER/file', 'URL/deep/set'],
    ['of redirects', '-L', '-c', 'FOLDER/jar', 'URL/set-and-moved'],
    ['of a response that failed', '-f', '-c', 'FOLDER/jar', 'URL/set-and-404'],
    ['of nobody', '-c', 'FOLDER/jar', 'http://127.0.0.1:1/'],
    ['for a domain', '-c', 'FOLDER/jar', '--resolve', 'www.shop.test:PORT:127.0.0.1', 'WWW/set-domain'],
    ['on the standard output', '-c', '-', 'URL/set-all'],
  ])('write those %s', async (_what, ...args) => {
    const [ours, theirs] = await Promise.all([setup(lamellaSend, args), setup(curlOnly, args)]);
    expect(ours.finished.code).toBe(theirs.finished.code);
    expect(ours.rows).toEqual(theirs.rows);
  });

  it('read the files of each other', async () => {
    for (const [writer, reader] of [
      [lamellaSend, curlOnly],
      [curlOnly, lamellaSend],
    ] as const) {
      const { folder } = await setup(writer, ['-c', 'FOLDER/jar', 'URL/set-all']);
      const { seen } = await setup(reader, ['-b', 'FOLDER/jar', 'URL/deep/x'], folder);
      expect(sorted(seen)).toEqual(['deep=1; keep=2; quoted="a b"; top=3']);
    }
  });

  it('do not fail when they can not be written, which we tell', async () => {
    const args = ['-c', 'FOLDER/missing/jar', 'URL/set-all'];
    const [ours, theirs] = await Promise.all([setup(lamellaSend, args), setup(curlOnly, args)]);
    expect([ours.finished.code, theirs.finished.code]).toEqual([0, 0]);
    expect(ours.finished.stderr).toMatch(/^lamella: cannot write cookies to [^\n]+\n$/);
  });
});

describe('lamella send, with cookies', () => {
  it('tells typed ones to nobody else', async () => {
    const { seen } = await setup(lamellaSend, ['-L', '-b', 'a=1', 'URL/elsewhere']);
    expect(seen).toEqual(['a=1', '']);
  });

  it('keeps a jar to its owner', async () => {
    const { folder } = await setup(lamellaSend, ['-c', 'FOLDER/jar', 'URL/set-all']);
    expect(statSync(join(folder, 'jar')).mode & 0o777).toBe(0o600);
  });

  it('tells with -v what it could not read, and goes on', async () => {
    const { finished, seen } = await setup(lamellaSend, ['-v', '-b', 'FOLDER/missing', '-b', 'FOLDER/broken', 'URL/']);
    expect(finished.stderr).toMatch(/^\* No cookies of \S+missing: no such file/m);
    expect(finished.stderr).toMatch(/^\* \S+broken:2 is no cookie$/m);
    expect(seen).toEqual(['good=1']);
  });
});

type Program = (args: readonly string[]) => Promise<Finished>;

/** Runs a program against a server that sets cookies; tells which it got, and what is in the file that was written. */
async function setup(program: Program, args: readonly string[], folder = temporaryFolder()) {
  const seen: string[] = [];
  const origin = await nodeOrigin((request, response) => {
    const { url = '' } = request;
    seen.push(Buffer.from(request.headers.cookie ?? '', 'latin1').toString('utf8'));
    const answer = ANSWERS.get(url);
    if (answer !== undefined) response.writeHead(answer.status ?? 200, answer.headers).end();
    else if (url === '/elsewhere') response.writeHead(302, { location: `http://localhost:${origin.port}/` }).end();
    else response.end();
  });
  const names = ['jar', 'file'].map((name) => join(folder, name));
  if (!existsSync(join(folder, 'file'))) {
    const row = (path: string, pair: string) => `127.0.0.1\tFALSE\t${path}\tFALSE\t0\t${pair}\n`;
    writeFileSync(join(folder, 'file'), row('/', 'top\t1') + row('/deep', 'deep\t2'));
    writeFileSync(join(folder, 'other'), row('/', 'more\t3'));
    writeFileSync(join(folder, 'broken'), `${row('/', 'good\t1')}what is this\n`);
    writeFileSync(join(folder, 'fields'), 'HTTP/1.1 200 OK\r\nSet-Cookie: field=4; Domain=shop.test; Path=/\r\n');
  }
  const words = args.map((arg) =>
    arg
      .replace('URL', origin.url)
      .replace('FOLDER', folder)
      .replace('PORT', String(origin.port))
      .replace(/^(SHOP|WWW)/, (name) => `http://${name === 'WWW' ? 'www.' : ''}shop.test:${origin.port}`),
  );
  const finished = await program(words);
  const written = args.includes('-') ? finished.stdout : names.map((name) => textOf(name)).join('');
  return { finished, seen, folder, rows: rowsOf(written) };
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Order and comments are everybody's own; so is a slash at the end of a path that nobody asked for. */
function rowsOf(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => line.replace('\t/deep/\t', '\t/deep\t'))
    .sort();
}

function sorted(cookies: readonly string[]): readonly string[] {
  return cookies.map((value) => value.split('; ').sort().join('; '));
}

function lamellaSend(args: readonly string[]): Promise<Finished> {
  return lamella(['send', ...args]);
}

function curlOnly(args: readonly string[]): Promise<Finished> {
  return curl(...args);
}

interface Answer {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
}

const LATER = `Expires=${new Date(Date.now() + 100 * 86_400_000).toUTCString()}`; // curl and we keep nothing for years
const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['/moved', { status: 302, headers: { location: '/end' } }],
  ['/set-and-moved', { status: 302, headers: { location: '/end', 'set-cookie': 'set=1' } }],
  ['/set-and-404', { status: 404, headers: { 'set-cookie': 'set=1' } }],
  [
    '/set-all',
    {
      headers: {
        'set-cookie': [
          'deep=1; Path=/deep; HttpOnly',
          `keep=2; ${LATER}`,
          'top=3; Path=/',
          'quoted="a b"',
          'gone=4; Max-Age=0',
          'elsewhere=5; Domain=shop.test',
        ],
      },
    },
  ],
  ['/deep/set', { headers: { 'set-cookie': ['new=1', 'deep=changed; Path=/deep', 'top=; Max-Age=0; Path=/'] } }],
  ['/deep/expire', { status: 302, headers: { location: '/deep/x', 'set-cookie': `top=; Path=/; Max-Age=0` } }],
  ['/set-domain', { headers: { 'set-cookie': [`d=1; Domain=.shop.test; ${LATER}`, 'tld=2; Domain=test', 'own=3'] } }],
]);
