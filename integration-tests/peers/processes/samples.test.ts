import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('samples', () => {
  it.each([
    ['start', (port: string) => ({ FORWARD_PORT: '0', REVERSE_PORT: port })],
    ['start:api-gateway', (PORT: string) => ({ PORT, REDIS_URL: 'redis://127.0.0.1:1' })],
    ['start:edge-gateway', (PORT: string) => ({ PORT, CERT_FOLDER: temporaryFolder() })],
    ['start:grpc-chat', (PORT: string) => ({ PORT })],
    ['start:observability', (port: string) => ({ PORT: '0', GATEWAY_PORT: port })],
    ['start:web-server', (PORT: string) => ({ PORT })],
  ])('%s ends, and says why, if its port is taken', async (script, envFor) => {
    const port = await takenPort();
    const sample = start(script, envFor(port));
    expect(await sample.ended).toBe(1);
    const lines = sample.stderr().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('redis: '))).toEqual([
      expect.stringMatching(
        new RegExp(`^[a-z-]+: cannot listen on 127\\.0\\.0\\.1:${port}: something listens there already`),
      ),
    ]);
  });
});

/** Starts a sample by what its script in package.json comes down to. */
function start(script: string, env: Readonly<Record<string, string>>) {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'));
  return startProcess('sh', ['-c', scripts[script]], { cwd: ROOT, env });
}

async function takenPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return String(port);
}

const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));
