import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commandLine, lamellaServe } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { NO_PROXIES } from '../../support/run.ts';
import type { RunningProcess } from '../../support/start-process.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('lamella on a terminal', () => {
  usePeers('script');

  it('draws how far a download is, and that all is there', async () => {
    const { url } = await nodeOrigin(async (_, response) => {
      response.writeHead(200, { 'content-length': 1_024_000 });
      response.write(Buffer.alloc(512_000));
      await delay(700); // it is drawn twice a second
      response.write(Buffer.alloc(256_000));
      await delay(700);
      response.end(Buffer.alloc(256_000));
    });
    const path = join(temporaryFolder(), 'file');
    const { ended, stdout } = onTerminal('send', '-o', path, url);
    expect(await ended).toBe(0);
    expect(stdout()).toMatch(/\r[0-9.]+ KiB of 1000\.0 KiB, [0-9]{2} %, [^\r]+ left/);
    expect(stdout()).toMatch(/\r1000\.0 KiB of 1000\.0 KiB, 100 %, [^\r]*\r?\n$/);
    expect(readFileSync(path)).toHaveLength(1_024_000);
  });

  it('draws nothing of it with -s', async () => {
    const { url } = await nodeOrigin((_, response) => void response.end('here'));
    const { ended, stdout } = onTerminal('send', '-s', '-o', join(temporaryFolder(), 'file'), url);
    expect([await ended, stdout()]).toEqual([0, '']);
  });

  it.each([
    ['Ctrl+D', '\x04'],
    ['Ctrl+C', '\x03'],
  ])('talks by lines that are typed, until %s', async (_, key) => {
    const server = await lamellaServe('http-test', '--quiet');
    const talk = onTerminal('send', `${server.url.replace('http', 'ws')}/ws`);
    await talk.printed(/Each line is sent as a message/);
    await talk.printed(/closes\.\r\n.*> /);
    talk.type('hello there\r');
    await talk.printed(/< hello there/); // what was typed stands behind another prompt
    talk.type(key);
    await talk.printed(/\* closed with 1000/);
    expect(await talk.ended).toBe(0);
  });
});

/** Starts `lamella` on a terminal of its own; all that is seen there is its standard output. */
function onTerminal(...args: readonly string[]): RunningProcess {
  const line = [...commandLine(), ...args].map((word) => `'${word}'`).join(' ');
  return startProcess('script', ['-qec', line, '/dev/null'], { env: { ...NO_PROXIES, TERM: 'xterm' }, hasInput: true });
}
