import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import { commandLine, lamella } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { run } from '../../support/run.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('lamella send', () => {
  it('shows with -v what goes over the wire, which is what the server got', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const { stdout, stderr } = await lamella([
      'send',
      '-v',
      '-u',
      'me:pw',
      '-d',
      'a=1',
      `localhost:${origin.port}/x?y`,
    ]);
    const { method, target, version, headers } = receivedRequest(stdout);
    const sent = [`${method} ${target} HTTP/${version}`, ...headers.map(([name, value]) => `${name}: ${value}`), ''];
    const lines = stderr.split('\n');
    expect(lines.filter((line) => line.startsWith('>'))).toEqual(sent.map((line) => `> ${line}`.trimEnd()));
    expect(lines[0]).toBe(`* Connected to localhost:${origin.port} (127.0.0.1:${origin.port})`);
    expect(lines).toContain('< HTTP/1.1 200 OK');
    expect(lines).toContain('< Content-Type: application/json');
  });

  it('goes through a proxy, with the password for it and the one for the origin', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const seen: (string | undefined)[] = [];
    const proxy = await serveForwardProxy({
      pseudonym: 'test',
      auth: { check: ({ target, headers }) => void seen.push(target, headers.get('proxy-authorization')) },
    });
    const args = ['-x', `http://you:pass@127.0.0.1:${proxy.port}`, '-u', 'me:pw', `${origin.url}/a`];
    const { headers } = receivedRequest((await lamella(['send', ...args])).stdout);
    expect(headers).toContainEqual(['Via', '1.1 test']);
    expect(headers).toContainEqual(['Authorization', 'Basic bWU6cHc=']);
    expect(seen).toEqual([`${origin.url}/a`, 'Basic eW91OnBhc3M=']);

    const other = await lamella(['send', '-x', `127.0.0.1:${proxy.port}`, '-U', 'she:word', origin.url]);
    expect(other.code).toBe(0);
    expect(seen.slice(2)).toEqual([`${origin.url}/`, 'Basic c2hlOndvcmQ=']);
  });

  it('writes to a file what was received, and leaves it alone if nothing was', async () => {
    const origin = await nodeOrigin((_request, response) => {
      for (const chunk of patternChunks(SIZE)) response.write(chunk);
      response.end();
    });
    const path = join(temporaryFolder(), 'file');
    expect(await lamella(['send', '-o', path, origin.url])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(sha1(readFileSync(path))).toBe(patternSum(SIZE));

    writeFileSync(path, 'before');
    expect((await lamella(['send', '-o', path, 'http://127.0.0.1:1/'])).code).toBe(7);
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(existsSync(path)).toBe(true);
  });

  it('streams the standard input up, and the response down to a pipe that takes its time', async () => {
    const origin = await nodeOrigin((request, response) => void request.pipe(response));
    const input = Buffer.concat([...patternChunks(SIZE)]);
    const { code, bytes } = await lamella(['send', '-T', '-', origin.url], { input });
    expect([code, bytes.length, sha1(bytes)]).toEqual([0, SIZE, patternSum(SIZE)]);
  });

  it('takes content from the standard input for -d', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const { stdout } = await lamella(['send', '-d', '@-', '-d', 'b=2', origin.url], { input: 'a=1\n' });
    expect(receivedRequest(stdout)).toMatchObject({ method: 'POST', body: 'a=1&b=2' });
  });

  it('can not send the standard input a second time', async () => {
    const origin = await nodeOrigin((request, response) => {
      request.resume().on('end', () => void response.writeHead(307, { location: '/again' }).end());
    });
    const { code, stderr } = await lamella(['send', '-L', '-T', '-', origin.url], { input: 'x' });
    expect([code, stderr]).toEqual([65, 'lamella: the standard input can be sent only once\n']);
  });

  it('ends quietly when nobody reads on', async () => {
    const origin = await nodeOrigin((_request, response) => {
      for (const chunk of patternChunks(SIZE)) response.write(chunk);
      response.end();
    });
    const command = `"$0" "$@" send ${origin.url} | head -c 10 | wc -c`;
    const { stdout, stderr } = await run('sh', ['-c', command, ...commandLine()]);
    expect([stdout.trim(), stderr]).toEqual(['10', '']);
  });

  it('says which schemes it knows', async () => {
    const { code, stderr } = await lamella(['send', 'ftp://example.com/']);
    expect([code, stderr]).toEqual([1, 'lamella: the scheme ftp is not supported; http and https are\n']);
    const redirecting = await nodeOrigin(
      (_request, response) => void response.writeHead(302, { location: 'ftp://example.com/' }).end(),
    );
    expect(await lamella(['send', '-L', redirecting.url])).toMatchObject({ code: 1, stderr });
  });

  it('connects no longer than it may', async () => {
    // An address of documentation (RFC 5737): nobody answers, or the system says so at once.
    const { code } = await lamella(['send', '--connect-timeout', '0.2', 'http://192.0.2.1/']);
    expect([7, 28]).toContain(code);
  });

  it('waits for a slow response as long as it takes', async () => {
    const origin = await nodeOrigin((_request, response) => void setTimeout(() => response.end('late'), 4_500));
    expect((await lamella(['send', '--connect-timeout', '4', origin.url])).stdout).toBe('late');
  });
});

const SIZE = 3_000_000;
