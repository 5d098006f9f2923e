import { isHttp1 } from '@lamella/http';
import { isHttp2 } from '@lamella/http2';
import type { ByteStream, Connection } from '@lamella/net-core';
import {
  createConnection,
  encodeProxyProtocol,
  formatAddress,
  isProxyProtocol,
  isSocks5,
  isTls,
  LocalAddress,
  memoryPipe,
  PeerAddress,
  parseAddress,
  parseCidr,
  protocolRouter,
  proxyProtocolAcceptLayer,
} from '@lamella/net-core';
import { checkLedger, readAll } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

/** What comes first, and where it belongs. */
const PROTOCOLS = [
  ['TLS', '\x16\x03\x01\x00\x05\x01hello', 'tls'],
  ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'h2c'],
  ['HTTP/1.1', 'GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n', 'h1'],
  ['HTTP/1.1 that begins as HTTP/2 does', 'PRINT /a HTTP/1.1\r\nHost: a.test\r\n\r\n', 'h1'],
  ['HTTP/1.1 that begins as the PROXY protocol does', 'PROXYING / HTTP/1.1\r\nHost: a.test\r\n\r\n', 'h1'],
  ['SOCKS 5', '\x05\x01\x00', 'socks5'],
  ['something raw', '\x00\x01\x02 raw', 'raw'],
  ['a word that no request begins with', 'hello\r\n', 'raw'],
] as const;

const FROM = parseAddress('203.0.113.7:40000');
const TO = parseAddress('203.0.113.1:443');
const header = (version: 1 | 2): string =>
  Buffer.from(
    encodeProxyProtocol({ version, command: 'proxy', transport: 'tcp', source: FROM, destination: TO, tlvs: [] }),
  ).toString('latin1');
const HEADERS = [
  ['alone', '', 'of the pipe'],
  ['behind PROXY protocol 1', header(1), '203.0.113.7:40000'],
  ['behind PROXY protocol 2', header(2), '203.0.113.7:40000'],
] as const;

const CASES = PROTOCOLS.flatMap(([name, bytes, service]) =>
  HEADERS.map(([where, prefix, peer]) => ({ name, where, bytes, prefix, peer, service })),
);

describe('one port for every protocol', () => {
  it.each(CASES)('takes $name $where to its service with all of its bytes, one of them every 50 ms', async (row) => {
    const { near, served, seen, clock } = accept();
    for (const char of row.prefix + row.bytes) {
      void near.write([Uint8Array.of(char.charCodeAt(0))]);
      await clock.advanceAsync(50);
    }
    await near.closeWrite();
    await served;
    expect(seen).toEqual([{ service: row.service, bytes: row.bytes, peer: row.peer }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(CASES)('and $name $where that comes at once', async (row) => {
    const { near, served, seen } = accept();
    void near.write([Buffer.from(row.prefix + row.bytes, 'latin1')]);
    await near.closeWrite();
    await served;
    expect(seen).toEqual([{ service: row.service, bytes: row.bytes, peer: row.peer }]);
  });

  it('looks at no more than it was told to', async () => {
    const { near, served, seen } = accept({ maxBytes: 16 });
    void near.write([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')]); // it would take 24 bytes to be sure
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ service: 'raw', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' }]);
  });

  it.each([
    { onTimeout: 'reset', expected: [] },
    { onTimeout: 'fallback', expected: [{ service: 'raw', bytes: 'PRI * HT', peer: 'of the pipe' }] },
  ] as const)('does with who says too little what it was told: $onTimeout', async ({ onTimeout, expected }) => {
    const { near, served, seen, clock, failures } = accept({ onTimeout, timeoutMs: 2_000 });
    void near.write([Buffer.from('PRI * HT')]);
    await clock.advanceAsync(1_999);
    expect([seen, failures]).toEqual([[], []]);
    await clock.advanceAsync(1);
    await near.closeWrite();
    await served;
    expect(seen).toEqual(expected);
    expect(failures).toMatchObject(
      onTimeout === 'reset' ? [{ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 2_000 }] : [],
    );
    near.destroy();
    expect(clock.pendingTimers).toBe(0);
  });
});

const open: ByteStream[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) stream.destroy();
});

interface Options {
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly onTimeout?: 'reset' | 'fallback';
}

/** Accepts one connection on a port that speaks everything. */
function accept(options: Options = {}) {
  const clock = new FakeClock();
  const [near, far] = memoryPipe({ clock });
  open.push(near, far);
  const seen: { service: string; bytes: string; peer: string }[] = [];
  const failures: unknown[] = [];
  const named = (service: string): Service<Connection, void> =>
    serviceFn(async ({ stream, extensions }: Connection) => {
      const peer = extensions.get(PeerAddress);
      const bytes = Buffer.from(await readAll(stream)).toString('latin1');
      seen.push({ service, bytes, peer: peer === undefined || peer === PIPE ? 'of the pipe' : formatAddress(peer) });
      stream.destroy();
    });
  const timing = { clock, ...options };
  const inner = protocolRouter({
    routes: [
      { detect: isTls, service: named('tls') },
      { detect: isSocks5, service: named('socks5') },
      { detect: isHttp2, service: named('h2c') },
      { detect: isHttp1, service: named('h1') },
    ],
    fallback: named('raw'),
    ...timing,
  });
  const believing = proxyProtocolAcceptLayer({ trustedPeers: [parseCidr('192.0.2.0/24')], clock });
  const port = protocolRouter({
    routes: [{ detect: isProxyProtocol, service: stack(believing, inner) }],
    fallback: inner,
    ...timing,
  });
  const connection = createConnection(far);
  connection.extensions.insert(PeerAddress, PIPE);
  connection.extensions.insert(LocalAddress, parseAddress('192.0.2.2:443'));
  const served = port.serve(connection).catch((error: unknown) => void failures.push(error));
  return { near, served: settle().then(() => served), seen, failures, clock };
}

const PIPE = parseAddress('192.0.2.1:50000');
