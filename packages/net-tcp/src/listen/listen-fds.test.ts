import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { linkSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import type { ListenOptions, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRequest, parseAddress } from '@lamella/net-core';
import { checkLedger, readExactly, text } from '@lamella/net-core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listenFds, tcpConnector } from '../index.ts';

checkLedger({ beforeEach, afterEach });
const folder = mkdtempSync(join(tmpdir(), 'lamella-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('listenFds', () => {
  it('takes nothing that is not meant for this process', async () => {
    expect(await listenFds({ env: {} })).toEqual([]);
    expect(await listenFds({ env: { LISTEN_FDS: '1', LISTEN_PID: '1' } })).toEqual([]);
    await expect(listenFds({ env: { LISTEN_FDS: 'x' } })).rejects.toMatchObject({
      code: 'LML_ERR_LISTEN_NO_DESCRIPTORS',
    });
  });

  it.each([
    { what: 'a TCP port', listen: { port: 0, host: '127.0.0.1' }, shown: /^web 127\.0\.0\.1:\d+$/ },
    { what: 'a Unix socket', listen: { path: join(folder, 'active.sock') }, shown: /^web unix:\/.*\/active\.sock$/ },
    { what: 'an abstract name', listen: { path: '\0lamella-active' }, shown: /^web unix:@lamella-active$/ },
  ])('serves $what that the process was started with', async ({ listen, shown }) => {
    const server = await opened(listen);
    const child = start([server]);
    const said = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk))));
    expect(said.trim()).toMatch(shown);
    const target = parseAddress(said.trim().slice('web '.length));
    closeHere(server);
    const { stream } = await tcpConnector().serve(connectRequest({ target }));
    expect(text(await readExactly(stream, 9))).toBe('activated');
    stream.destroy();
    child.kill();
    await new Promise((resolve) => child.once('exit', resolve));
  });

  it('says which descriptor is none, and leaves none of the others open', async () => {
    const server = await opened({ port: 0, host: '127.0.0.1' });
    const child = start([server, 'ignore']);
    const said = await new Promise<string>((resolve) => child.stdout?.once('data', (chunk) => resolve(String(chunk))));
    expect(said.trim()).toBe(
      'LML_ERR_LISTEN_NO_DESCRIPTORS descriptor 4 (other) is not a socket that can be listened on, open: {}',
    );
    closeHere(server);
    await new Promise((resolve) => child.once('exit', resolve)); // nothing keeps it alive
  });
});

/** Starts a program with descriptors from 3 on, as systemd does. */
function start(descriptors: readonly (Server | 'ignore')[]): ChildProcess {
  const inherited = descriptors.map((it) => (it === 'ignore' ? it : fdOf(it)));
  const child = spawn(process.execPath, ['--conditions=@lamella/source', '--input-type=module', '-e', ACTIVATED], {
    stdio: ['ignore', 'pipe', 'inherit', ...inherited],
    env: { ...process.env, LISTEN_FDS: String(descriptors.length), LISTEN_FDNAMES: 'web:other' },
  });
  onTestFinished(() => void child.kill());
  return child;
}

/** Leaves the socket to the other process, with its file, which Node removes. */
function closeHere(server: Server): void {
  const path = server.address();
  const isFile = typeof path === 'string' && !path.startsWith('\0');
  if (isFile) linkSync(path, `${path}.kept`);
  server.close();
  if (isFile) renameSync(`${path}.kept`, path);
}

function fdOf(server: Server): number {
  return (server as unknown as { _handle: { fd: number } })._handle.fd; // Node's own, on Linux and macOS
}

async function opened(options: ListenOptions): Promise<Server> {
  const server = createServer().listen(options);
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

const ACTIVATED = `
import { formatAddress, resources } from '${import.meta.resolve('@lamella/net-core')}';
import { listenFds } from '${new URL('../index.ts', import.meta.url)}';
try {
  const [{ name, listener }] = await listenFds({ env: { ...process.env, LISTEN_PID: String(process.pid) } });
  console.log(name, formatAddress(listener.address));
  for await (const { stream } of listener) stream.write([Buffer.from('activated')]);
} catch ({ code, message }) {
  console.log(code, message + ', open:', JSON.stringify(resources()));
}
`;
