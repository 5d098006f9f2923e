import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import {
  geoLayer,
  PeerAddress,
  PeerGeo,
  proxyProtocolAcceptLayer,
  streamTimeoutLayer,
  throttleLayer,
} from '@lamella/net-core';
import { patternBytes } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { tlsAcceptLayer } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../support/certificate.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { serveConnections } from '../../support/serve-connections.ts';

useLedger();

/** Several bursts of the throttle, and several writes. */
const CONTENT = Buffer.from(patternBytes(600_000));

describe('all layers of connections at once, and curl', () => {
  usePeers('curl');

  it.each([
    ['HTTP/1.1', 'outside', ['--http1.1']],
    ['HTTP/2', 'outside', ['--http2']],
    ['HTTP/1.1', 'inside', ['--http1.1']],
    ['HTTP/2', 'inside', ['--http2']],
  ])('carry content by %s both ways, exact to the byte, %s of TLS', async (_version, place, flags) => {
    const { key, cert } = await selfSigned();
    const lifecycle = createLifecycle();
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const echo = serviceFn(async ({ body, extensions }: HttpRequest) => {
      const { country } = extensions.get(PeerGeo) ?? {};
      const peer = extensions.get(PeerAddress);
      const headers = { 'X-Country': country ?? 'none', 'X-Peer': peer?.type ?? 'none' };
      return HttpResponse.from({ headers, body: await body.bytes() });
    });
    const throttle = throttleLayer({
      readBytesPerSecond: 4_000_000,
      writeBytesPerSecond: 4_000_000,
      burstBytes: 50_000,
    });
    const timeout = streamTimeoutLayer({ idleTimeoutMs: 60_000, writeTimeoutMs: 60_000 });
    const tls = tlsAcceptLayer({ certificates: { key, cert }, alpn: ['h2', 'http/1.1'] });
    const http = stack(autoServerLayer({ lifecycle, onError }), echo);
    const inner = place === 'outside' ? stack(throttle, timeout, tls, http) : stack(tls, throttle, timeout, http);
    const server = stack(
      proxyProtocolAcceptLayer({ trustedPeers: ['127.0.0.1'] }), // before anything else, TLS too
      geoLayer({ lookup: (address) => ({ country: address.toString() === '127.0.0.1' ? 'HOME' : 'AWAY' }) }),
      inner,
    );
    const { port } = await serveConnections(server, lifecycle, onError);

    const asked = ['-q', '-sS', '-k', '-i', '--haproxy-protocol', ...flags, '--data-binary', '@-', '-H', 'Expect:'];
    const url = `https://127.0.0.1:${port}/`;
    const { code, bytes, stderr } = await run('curl', [...asked, url], { input: CONTENT });
    expect([code, stderr]).toEqual([0, '']);
    const headEnd = bytes.indexOf('\r\n\r\n') + 4;
    expect(bytes.toString('latin1', 0, headEnd)).toMatch(/x-country: HOME\r\nx-peer: tcp\r\n/i);
    expect(Buffer.compare(bytes.subarray(headEnd), CONTENT)).toBe(0);
    expect(errors).toEqual([]);
  });
});
