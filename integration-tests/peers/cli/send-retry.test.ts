import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import type { Finished } from '../../support/run.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl');

describe('send and curl try again', () => {
  it.each<[what: string, answers: readonly Answer[], args: readonly string[], code: number, count: number]>([
    ['not without --retry', [503], ['URL'], 0, 1],
    ['after statuses that pass', [503, 429], ['--retry', '2', '--retry-delay', '1', 'URL'], 0, 3],
    ['a POST too', [500], ['--retry', '1', '-d', 'a=1', '-d', '@FILE', 'URL'], 0, 2],
    ['an upload too', [504], ['--retry', '1', '-H', 'Expect:', '-T', 'FILE', 'URL'], 0, 2],
    ['not after others', [404], ['--retry', '2', 'URL'], 0, 1],
    ['no more than told', [503, 503, 503], ['-f', '--retry', '1', 'URL'], 22, 2],
    ['not after 404 with -f', [404], ['-f', '--retry', '1', 'URL'], 22, 1],
    ['after 404 with -f and --retry-all-errors', [404], ['-f', '--retry', '1', '--retry-all-errors', 'URL'], 0, 2],
    ['when the time is over, with all the time again', ['never'], ['--retry', '1', '--max-time', '3', 'URL'], 0, 2],
    [
      'when the time is over, as often as told',
      ['never', 'stuck', 'never'],
      [...TWICE, '--max-time', '2', 'URL'],
      28,
      3,
    ],
    ['not after a reset', ['reset'], ['--retry', '1', 'URL'], 56, 1],
    ['after a reset with --retry-all-errors', ['reset'], ['--retry', '1', '--retry-all-errors', 'URL'], 0, 2],
    ['not after half a response', ['half'], ['--retry', '1', '-o', 'OUTPUT', 'URL'], 18, 1],
    ['after half a response', ['half'], ['--retry', '1', '--retry-all-errors', '-o', 'OUTPUT', 'URL'], 0, 2],
    ['in the middle of redirects', ['moved', 503], ['-L', '--retry', '1', 'URL'], 0, 0],
  ])('%s', async (_what, answers, args, code, count) => {
    const results = await Promise.all([setup(lamellaSend, answers, args), setup(curlOnly, answers, args)]);
    expect(results.map((each) => each.finished.code)).toEqual([code, code]);
    if (count === 0) return; // where curl begins with the first request again, we go on with the one that failed
    const [ours, theirs] = results.map(({ received, output }) => ({ received, output }));
    expect(ours).toEqual(theirs);
    expect(ours?.received).toHaveLength(count);
  });

  it.each(['x', '-1', '1.5', ''])('never with --retry %j', async (value) => {
    const [ours, theirs] = await Promise.all([
      lamella(['send', '--retry', value, 'http://127.0.0.1:1/']),
      curl('--retry', value, 'http://127.0.0.1:1/'),
    ]);
    expect([ours.code, theirs.code]).toEqual([2, 2]);
  });
});

describe('send tries again', () => {
  it('and prints nothing of what gave way', async () => {
    const { finished } = await setup(lamellaSend, [503, 503], ['-i', '--retry', '2', '--retry-delay', '0.01', 'URL']);
    expect(finished.stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(finished.stdout).not.toContain('503');
    expect(finished.stdout.endsWith('\r\n\r\nhere')).toBe(true);
    expect(finished.stderr).toBe('');
  });

  it('and tells it with -v', async () => {
    const { finished } = await setup(lamellaSend, ['reset', 503], ['-v', ...QUICKLY, '--retry-all-errors', 'URL']);
    const told = finished.stderr.split('\n').filter((line) => line.startsWith('* Trying again'));
    expect(told).toEqual([
      expect.stringMatching(/^\* Trying again in 0\.01 s, 1 more left: .+/),
      '* Trying again in 0.01 s, the last time: the server answered 503 Service Unavailable',
    ]);
    expect(finished.stderr.match(/^> GET/gm)).toHaveLength(3);
  });

  it('with what came from the standard input, if that was not too much', async () => {
    const { finished, received } = await setup(lamellaSend, [503], [...QUICKLY, '-T', '-', 'URL'], 'from the input');
    expect([finished.code, received]).toEqual([0, ['PUT / from the input', 'PUT / from the input']]);
  });

  it('not if it was, and says so', async () => {
    const input = 'x'.repeat(1024 * 1024 + 1);
    const { finished, received } = await setup(lamellaSend, [503], ['-f', ...QUICKLY, '-T', '-', 'URL'], input);
    expect([finished.code, received.length]).toEqual([22, 1]);
    expect(finished.stderr).toBe(
      'lamella: not tried again: the content can be sent only once\nlamella: the server answered 503 Service Unavailable\n',
    );
  });

  it('with a form of files', async () => {
    const { finished, received } = await setup(
      lamellaSend,
      [503, 503],
      [...QUICKLY, '-F', 'a=b', '-F', 'f=@FILE', 'URL'],
    );
    expect([finished.code, received.length]).toEqual([0, 3]);
    expect(new Set(received).size).toBe(1);
    expect(received[0]).toContain('c=3');
  });

  it('not if a part of the response has been printed, and says so', async () => {
    const { finished, received } = await setup(lamellaSend, ['half'], [...QUICKLY, '--retry-all-errors', 'URL']);
    expect([finished.code, finished.stdout, received.length]).toEqual([18, 'half', 1]);
    expect(finished.stderr).toContain('not tried again: a part of the response has been printed already\n');
  });

  it('for a name that is unknown', async () => {
    const { code, stderr } = await lamella(['send', '-v', ...QUICKLY, 'http://unknown.invalid/']);
    expect([code, stderr.match(/Trying again/g)?.length]).toEqual([6, 2]);
  });
});

type Answer = number | 'never' | 'stuck' | 'reset' | 'half' | 'moved';
type Program = (args: readonly string[], input?: string) => Promise<Finished>;

/** Runs a program against a server that answers with these, and with 200 at last; tells what the server got. */
async function setup(program: Program, answers: readonly Answer[], args: readonly string[], input?: string) {
  const received: string[] = [];
  const origin = await nodeOrigin((request, response) => {
    void text(request).then((body) => {
      const answer = answers[received.length] ?? 200;
      received.push(`${request.method} ${request.url} ${body}`);
      if (answer === 200) response.end('here');
      else if (answer === 'reset') request.socket.resetAndDestroy();
      else if (answer === 'stuck') response.flushHeaders();
      else if (answer === 'half')
        response.writeHead(200, { 'Content-Length': 9 }).write('half', () => request.socket.end());
      else if (answer === 'moved') response.writeHead(302, { location: '/end' }).end();
      else if (answer !== 'never') response.writeHead(answer).end();
    });
  });
  const folder = temporaryFolder();
  const [file, output] = [join(folder, 'file'), join(folder, 'output')];
  writeFileSync(file, 'b=2\nc=3\n');
  writeFileSync(output, '');
  const filledIn = args.map((arg) =>
    arg.replace('URL', `${origin.url}/`).replace('FILE', file).replace('OUTPUT', output),
  );
  const finished = await program(filledIn, input);
  return { finished, received, output: readFileSync(output, 'utf8') };
}

async function lamellaSend(args: readonly string[], input?: string): Promise<Finished> {
  return lamella(['send', ...args], input === undefined ? {} : { input });
}

async function curlOnly(args: readonly string[]): Promise<Finished> {
  return curl(...args);
}

const TWICE: readonly string[] = ['--retry', '2', '--retry-delay', '1'];
const QUICKLY: readonly string[] = ['--retry', '2', '--retry-delay', '0.01'];
