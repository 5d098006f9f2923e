import { TlsSession } from '@lamella/net-core';
import { checkLedger, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import type { TlsAcceptOptions } from '@lamella/tls';
import { certificateStore, PeerCertificate, sessionTicketKeys, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';
import type { TlsWorld } from './support/tls-world.ts';
import { tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

let root: TestAuthority;
let good: TestPair;
beforeAll(async () => {
  root = await testAuthority();
  good = await root.issue(['server.test']);
});

describe('sessions go on', () => {
  /** Connects, and reads a little: tickets come after the handshake. */
  const connectOnce = async (
    world: TlsWorld,
    layer: ReturnType<typeof tlsConnectLayer>,
  ): Promise<boolean | undefined> => {
    const { stream, extensions } = await world.connectBy(layer);
    const far = await world.accepted();
    void far.stream.write([utf8('hi')]);
    expect(text(await readExactly(stream, 2))).toBe('hi');
    expect(far.extensions.get(TlsSession)?.isResumed).toBe(extensions.get(TlsSession)?.isResumed);
    expect(extensions.get(PeerCertificate)?.isAuthorized).toBe(true);
    stream.destroy();
    far.stream.destroy();
    return extensions.get(TlsSession)?.isResumed;
  };

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s, unless no session is kept', async (version) => {
    await inWorld({ certificates: good, minVersion: version, maxVersion: version }, async (world) => {
      const layer = tlsConnectLayer({ roots: root.cert });
      expect(await connectOnce(world, layer)).toBe(false);
      expect(await connectOnce(world, layer)).toBe(true);
      expect(await connectOnce(world, layer)).toBe(true);
      const forgetful = tlsConnectLayer({ roots: root.cert, maxSessions: 0 });
      expect(await connectOnce(world, forgetful)).toBe(false);
      expect(await connectOnce(world, forgetful)).toBe(false);
    });
  });

  it('at another server with the same key of tickets, until it is rotated', async () => {
    const ticketKeys = sessionTicketKeys(new Uint8Array(48).fill(7));
    const layer = tlsConnectLayer({ roots: root.cert });
    const worlds = [ticketKeys, sessionTicketKeys(ticketKeys.current), sessionTicketKeys()].map((keys) => {
      return tlsWorld({ certificates: good, ticketKeys: keys });
    });
    const resumed: (boolean | undefined)[] = [];
    for (const world of worlds) resumed.push(await connectOnce(world, layer));
    expect(resumed).toEqual([false, true, false]);
    const [world] = worlds;
    if (world === undefined) throw new Error('there are three');
    const other = tlsConnectLayer({ roots: root.cert });
    expect(await connectOnce(world, other)).toBe(false);
    expect(await connectOnce(world, other)).toBe(true);
    ticketKeys.rotate();
    expect(await connectOnce(world, other)).toBe(false);
    expect(await connectOnce(world, other)).toBe(true);
    for (const { close } of worlds) await close();
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('with %s, not at a server of other names', async (version) => {
    const accept = { minVersion: version, maxVersion: version, ticketKeys: sessionTicketKeys() };
    const layer = tlsConnectLayer({ roots: root.cert });
    await inWorld({ ...accept, certificates: good }, async (world) => void (await connectOnce(world, layer)));
    const other = await root.issue(['other.test']);
    await inWorld({ ...accept, certificates: other }, async (world) => {
      await expect(world.connectBy(layer)).rejects.toMatchObject({ code: 'LML_ERR_TLS_WRONG_HOST' });
    });
    await inWorld({ ...accept, certificates: [other, good] }, async (world) => {
      expect(await connectOnce(world, layer)).toBe(false);
      expect(await connectOnce(world, layer)).toBe(true);
    });
  });

  it('not for a name that has no certificate any more', async () => {
    const layer = tlsConnectLayer({ roots: root.cert });
    const store = certificateStore([good], { fallback: 'none' });
    await inWorld({ certificates: store }, async (world) => {
      expect(await connectOnce(world, layer)).toBe(false);
      expect(await connectOnce(world, layer)).toBe(true);
      store.replace([await root.issue(['other.test'])]);
      const refused = world.connectBy(layer).then(({ stream }) => stream.destroy());
      expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_NAME' });
      await refused.catch(() => {});
    });
  });

  it('not beyond the end of the certificate', async () => {
    const nowMs = Date.now();
    const clock = new FakeClock({ epochMs: nowMs });
    const brief = await root.issue(['server.test'], { notAfter: new Date(nowMs + 3_600_000) });
    await inWorld({ certificates: brief }, async (world) => {
      const layer = tlsConnectLayer({ roots: root.cert, clock });
      expect(await connectOnce(world, layer)).toBe(false);
      clock.advance(3_500_000);
      expect(await connectOnce(world, layer)).toBe(true);
      clock.advance(100_001);
      expect(await connectOnce(world, layer)).toBe(false);
    });
  });

  it('not for longer than a day, however often it goes on', async () => {
    const clock = new FakeClock({ epochMs: Date.now() });
    await inWorld({ certificates: good }, async (world) => {
      const layer = tlsConnectLayer({ roots: root.cert, clock });
      const resumed: (boolean | undefined)[] = [];
      for (const hours of [0, 12, 12, 1, 1]) {
        clock.advance(hours * 3_600_000);
        resumed.push(await connectOnce(world, layer));
      }
      expect(resumed).toEqual([false, true, true, false, true]);
    });
  });

  it('not after a handshake that has failed', async () => {
    const ticketKeys = sessionTicketKeys();
    const layer = tlsConnectLayer({ roots: root.cert, alpn: ['h2'], requireAlpn: true });
    const worlds = [['h2'], [], ['h2']].map((alpn) => tlsWorld({ certificates: good, ticketKeys, alpn }));
    const [first, second, third] = worlds;
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are three');
    expect(await connectOnce(first, layer)).toBe(false);
    expect(await connectOnce(first, layer)).toBe(true);
    await expect(second.connectBy(layer)).rejects.toMatchObject({ code: 'LML_ERR_TLS_NO_ALPN_OVERLAP' });
    expect(await connectOnce(third, layer)).toBe(false);
    for (const { close } of worlds) await close();
  });

  it('with keys that come from elsewhere, as long as they are the same bytes', async () => {
    let key = new Uint8Array(48).fill(7);
    const ticketKeys = {
      get current() {
        return key.slice();
      },
      rotate() {},
    };
    const layer = tlsConnectLayer({ roots: root.cert });
    await inWorld({ certificates: good, ticketKeys }, async (world) => {
      expect([await connectOnce(world, layer), await connectOnce(world, layer)]).toEqual([false, true]);
      key = new Uint8Array(48).fill(8);
      expect([await connectOnce(world, layer), await connectOnce(world, layer)]).toEqual([false, true]);
    });
  });

  it('takes keys of 48 bytes only', () => {
    expect(() => sessionTicketKeys(new Uint8Array(47))).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(() => sessionTicketKeys().rotate(new Uint8Array(49))).toThrow(
      expect.objectContaining({ code: 'LML_ERR_USAGE' }),
    );
    expect(sessionTicketKeys().current).not.toEqual(sessionTicketKeys().current);
  });
});

/** Runs a test against a server. */
async function inWorld(options: TlsAcceptOptions, body: (world: TlsWorld) => Promise<void>): Promise<void> {
  const world = tlsWorld(options);
  try {
    await body(world);
  } finally {
    await world.close();
  }
}
