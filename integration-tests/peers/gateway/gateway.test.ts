import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import type { RunningProcess } from '../../support/start-process.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('curl');

describe('the gateway', () => {
  it('starts by the command of the README, and prints three commands that work', async () => {
    const gateway = startAsUser({ FORWARD_PORT: '0', REVERSE_PORT: '0' });
    await gateway.printed(/Ctrl\+C drains and stops/);
    const commands = gateway.stdout().match(/^ {2}curl .*$/gm) ?? [];
    const outputs = [];
    for (const command of commands) {
      const { code, stdout } = await run('sh', ['-c', command], { env: NO_PROXIES });
      outputs.push([code, stdout]);
    }
    const hello = (origin: string, path: string, proxies: number): string =>
      `Hello from the ${origin} origin. You asked for ${path}, by way of (1\\.1 lamella-[0-9a-f]+(, )?){${proxies}}\\.\n`;
    expect(outputs).toEqual([
      [0, expect.stringMatching(new RegExp(`^${hello('green', '/hello', 1)}$`))],
      [0, expect.stringMatching(new RegExp(`^${hello('blue', '/', 2)}$`))],
      [0, '1000000 bytes\n'],
    ]);

    // One line for each request, and one for the tunnel.
    await gateway.printed(/GET \/green\/hello 200 [0-9.]+ ms\n/);
    await gateway.printed(/GET http:\/\/127\.0\.0\.1:[0-9]+\/ 200 [0-9.]+ ms\n/);
    await gateway.printed(/CONNECT 127\.0\.0\.1:[0-9]+ 200 [0-9.]+ ms\n/);
    await gateway.printed(/tunnel 127\.0\.0\.1:[0-9]+ eof, [0-9]+ bytes up, 1000[0-9]{3} down/);

    // A terminal sends Ctrl+C to everybody at once, and runners hand it down once more.
    const download = slowDownload(gateway);
    await gateway.printed(/GET \/bytes\/30000000 200/);
    gateway.signal('SIGINT');
    expect(await download).toEqual([0, '30000000']);
    const [drained] = await gateway.printed(/^drained in [0-9]+ ms.*$/m);
    expect(drained).not.toMatch(/[1-9][0-9]* cut/);
    await gateway.ended;
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('lets requests under way finish on %s, and ends with 0', async (signal) => {
    const gateway = start({ FORWARD_PORT: '0', REVERSE_PORT: '0' });
    await gateway.printed(/Ctrl\+C/);
    const download = slowDownload(gateway);
    await gateway.printed(/GET \/bytes\/30000000 200/);
    gateway.signal(signal);
    await gateway.printed(/^draining/m);
    await expect.poll(async () => (await curl(reverseUrl(gateway))).code).toBe(7); // nobody listens any more
    expect(await download).toEqual([0, '30000000']);
    expect(await gateway.ended).toBe(0);
    expect(gateway.stdout()).toMatch(
      /^drained in [0-9]+ ms;.* http\/1\.1 [1-9][0-9]* finished, [0-9]+ closed, 0 cut$/m,
    );
    expect(gateway.stderr()).toBe('');
  });

  it('sends back what curl posts, which asks for leave if it is large', async () => {
    const gateway = start({ FORWARD_PORT: '0', REVERSE_PORT: '0' });
    await gateway.printed(/Ctrl\+C/);
    const path = temporaryFile('large', Buffer.concat([...patternChunks(3_000_000)]));
    const { bytes } = await curl('--data-binary', `@${path}`, `${reverseUrl(gateway)}/echo`);
    expect([bytes.length, sha1(bytes)]).toEqual([3_000_000, patternSum(3_000_000)]);
  });

  it('says in one line that a port is busy, or is none', async () => {
    const port = String(await freePort());
    const busy = start({ FORWARD_PORT: port, REVERSE_PORT: port });
    expect(await busy.ended).toBe(1);
    expect([busy.stdout(), busy.stderr()]).toEqual([
      '',
      `gateway: cannot listen on 127.0.0.1:${port}: something listens there already; stop it or choose another address\n`,
    ]);
    const wrong = start({ FORWARD_PORT: 'http' });
    expect([await wrong.ended, wrong.stderr()]).toEqual([
      1,
      'gateway: FORWARD_PORT must be a port from 0 to 65535, got "http"\n',
    ]);
  });

  it('reads from top to bottom in less than 80 lines', () => {
    const lines = readFileSync(new URL('../../../apps/gateway/src/main.ts', import.meta.url), 'utf8').split('\n');
    expect(lines.length).toBeLessThan(80);
    for (const part of [
      'byteCountLayer',
      'httpServerLayer',
      'traceLayer',
      'reverseProxyService',
      'forwardProxyService',
    ]) {
      expect(lines.some((line) => line.trim().startsWith(`${part}(`))).toBe(true);
    }
  });
});

const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));

/** As the README says. */
function startAsUser(env: Readonly<Record<string, string>>): RunningProcess {
  return startProcess('npx', ['-y', 'pnpm@10.34.9', 'start'], { cwd: ROOT, env, isGroup: true });
}

/** What that comes down to, with nobody in between. */
function start(env: Readonly<Record<string, string>>): RunningProcess {
  const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return startProcess('sh', ['-c', scripts.start], { cwd: ROOT, env });
}

function reverseUrl(gateway: RunningProcess): string {
  return /^reverse proxy +(\S+)$/m.exec(gateway.stdout())?.[1] ?? '';
}

/** Downloads 30 MB, too slowly for the buffers on the way to hide it. @returns The exit code, and the bytes that came. */
async function slowDownload(gateway: RunningProcess): Promise<[code: number | string, byteCount: string]> {
  const options = ['--limit-rate', '12M', '-o', '/dev/null', '-w', '%{size_download}'];
  const { code, stdout } = await curl(...options, `${reverseUrl(gateway)}/bytes/30000000`);
  return [code, stdout];
}
