import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, listening } from '../../support/free-port.ts';
import { commandLine, lamella } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { tlsFiles } from './tls-files.ts';

describe('lamella serve stunnel', () => {
  usePeers('openssl');

  it('carries any bytes from entry to exit, both of which show certificates', async () => {
    const { ca, pem } = await tlsFiles();
    const target = await upperCase();
    const mine = await pem(['entry.test'], { usages: ['client'] });
    const exit = await stunnel('exit', target, '--cert', await pem(['exit.test']), '--client-ca', ca);
    const trusting = ['--cacert', ca, '--server-name', 'exit.test'];
    const entry = await stunnel('entry', exit.port, ...trusting, '--cert', mine);
    expect(await talk(entry.port, 'hello')).toBe('HELLO');
    const long = 'x'.repeat(1_000_000);
    expect(await talk(entry.port, long)).toBe(long.toUpperCase());
    await entry.process.printed(/ ended by eof: 5 bytes up, 5 down, [0-9.]+ms\n/, 'stderr');

    const stranger = await stunnel('entry', exit.port, ...trusting);
    expect(await talk(stranger.port, 'hello').catch(() => 'reset')).not.toBe('HELLO');
    const wrong = await stunnel('entry', exit.port, '--cacert', ca, '--cert', mine);
    expect(await talk(wrong.port, 'hello').catch(() => 'reset')).not.toBe('HELLO');
    await wrong.process.printed(/connection failed: tls handshake .*exit\.test/, 'stderr');
    for (const { process } of [exit, entry]) process.signal('SIGTERM');
    expect([await exit.process.ended, await entry.process.ended]).toEqual([0, 0]);
  });

  it('lets go who has said nothing, when the exit drains', async () => {
    const { pem } = await tlsFiles();
    const { process, port } = await stunnel('exit', 9, '--cert', await pem(['exit.test']));
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    process.signal('SIGTERM');
    await once(silent.resume(), 'close');
    await process.printed(/^drained in .*first-bytes: 0 finished, 1 closed, 0 cut/m, 'stderr');
    expect(await process.ended).toBe(0);
  });

  it('lets s_client in at the exit, and goes from the entry to s_server', async () => {
    const { ca, pem } = await tlsFiles();
    const cert = await pem(['127.0.0.1']);
    const exit = await stunnel('exit', await upperCase(), '--cert', cert);
    const hello = [
      '-connect',
      `127.0.0.1:${exit.port}`,
      '-CAfile',
      ca,
      '-verify_return_error',
      '-quiet',
      '-no_ign_eof',
    ];
    expect((await run('openssl', ['s_client', ...hello], { input: 'hello' })).stderr).not.toContain('error');

    const port = await freePort();
    const server = startProcess('openssl', [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-cert',
      cert,
      '-key',
      cert,
      '-rev',
    ]);
    await server.printed(/ACCEPT/);
    const entry = await stunnel('entry', port, '--cacert', ca);
    const socket = connect(entry.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.write('hello\n');
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(String(data))));
    expect(answer).toBe('olleh\n');
  });

  it('says what is missing', async () => {
    const without = await lamella(['serve', 'stunnel', 'entry']);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("'--forward <address>'")]);
    const key = await lamella(['serve', 'stunnel', 'entry', '--forward', ':1', '--key', 'a.key']);
    expect([key.code, key.stderr]).toEqual([2, 'lamella: --key needs --cert\n']);
  });
});

/** A server that says everything louder. @returns Its port. */
async function upperCase(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {});
    for await (const chunk of socket) socket.write(String(chunk).toUpperCase());
    socket.end();
  });
  onTestFinished(() => void server.close());
  return listening(server);
}

async function stunnel(side: 'entry' | 'exit', port: number, ...args: readonly string[]) {
  const [command = '', ...flags] = commandLine();
  const where = ['--bind', '127.0.0.1:0', '--forward', `127.0.0.1:${port}`];
  const process = startProcess(command, [...flags, 'serve', 'stunnel', side, ...where, ...args]);
  const [, ownPort] = await process.printed(/listening on 127\.0\.0\.1:([0-9]+)\n/);
  return { process, port: Number(ownPort) };
}

async function talk(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(words);
  return await text(socket);
}
