import { X509Certificate } from 'node:crypto';
import { TlsSession } from '@lamella/net-core';
import type { CertificateAuthority, IssuedCertificate, TlsAcceptOptions } from '@lamella/tls';
import { certificateAuthority, OcspResponse, tlsConnectLayer } from '@lamella/tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { judgeOcsp } from '../src/connect/judge-ocsp.ts';
import type { Validity } from '../src/issue/validity.ts';
import type { TestOcspOptions } from './support/ocsp-responses.ts';
import { ocspResponse, responder, TRY_LATER } from './support/ocsp-responses.ts';
import type { TlsWorld } from './support/tls-world.ts';
import { tlsWorld } from './support/tls-world.ts';

let authority: CertificateAuthority;
let other: CertificateAuthority;
let good: IssuedCertificate;
beforeAll(async () => {
  [authority, other] = [await certificateAuthority(), await certificateAuthority()];
  good = await authority.issue({ names: ['server.test'] });
});

const NOW_MS = Date.now();
const HOUR_MS = 3_600_000;
const WEEK_MS = 604_800_000;
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

describe('a server that has to staple an OCSP response', () => {
  const connect = async (response: Uint8Array | undefined) => {
    const certificates = { ...good, ...(response === undefined ? {} : { ocspResponse: response }) };
    let stapled: Uint8Array | undefined;
    await inWorld({ certificates }, async (world) => {
      const { extensions, stream } = await world.connect({ roots: authority.cert, requireOcsp: true });
      stapled = extensions.get(OcspResponse);
      stream.destroy();
    });
    return stapled;
  };

  it('is believed with one that is good', async () => {
    const response = ocspResponse(said());
    expect(Buffer.from((await connect(response)) ?? []).equals(response)).toBe(true);
  });

  it.each<[what: string, code: string, why: string, response: () => Uint8Array | undefined]>([
    ['has none', 'LML_ERR_TLS_BAD_OCSP', 'stapled no OCSP response', () => undefined],
    ['is revoked', 'LML_ERR_TLS_CERTIFICATE_REVOKED', 'is revoked', () => ocspResponse(said({ status: 'revoked' }))],
    ['is not known', 'LML_ERR_TLS_BAD_OCSP', 'is unknown', () => ocspResponse(said({ status: 'unknown' }))],
  ])('is not if it %s', async (_what, code, why, response) => {
    await expect(connect(response())).rejects.toMatchObject({
      code,
      phase: 'handshake',
      facts: { retryable: false },
      message: expect.stringContaining(why),
    });
  });

  it('is not asked again in a session that goes on', async () => {
    const responses = [ocspResponse(said()), undefined];
    const certificates = { ...good, ocspResponse: async () => responses.shift() };
    await inWorld({ certificates }, async (world) => {
      const layer = tlsConnectLayer({ roots: authority.cert, requireOcsp: true, maxVersion: 'TLSv1.2' });
      for (const isResumed of [false, true]) {
        const { extensions, stream } = await world.connectBy(layer);
        expect(extensions.get(TlsSession)?.isResumed).toBe(isResumed);
        stream.destroy();
      }
      expect(responses).toEqual([undefined]);
    });
  });

  it('can not be any server at the same time', () => {
    expect(() => tlsConnectLayer({ requireOcsp: true, dangerouslyAcceptAnyCertificate: true })).toThrow('requireOcsp');
  });
});

describe('judgeOcsp', () => {
  it.each<[what: string, why: RegExp | undefined, change: () => Partial<TestOcspOptions>]>([
    ['five minutes before it holds', undefined, () => ({ fromMs: NOW_MS + 300_000 })],
    ['more than that before', /holds from/, () => ({ fromMs: NOW_MS + 302_000 })],
    ['five minutes after it held', undefined, () => ({ toMs: NOW_MS - 299_000 })],
    ['more than that after', /holds from/, () => ({ toMs: NOW_MS - 302_000 })],
    ['with no end, a week old', undefined, () => ({ fromMs: NOW_MS - WEEK_MS })],
    ['with no end, older than that', /holds from .* to a week later/, () => ({ fromMs: NOW_MS - WEEK_MS - 302_000 })],
    ['signed by somebody else', /not signed by the issuer/, () => ({ signer: other })],
    ['changed after it was signed', /not signed by the issuer/, () => ({ isForged: true })],
    ['of another issuer', /another certificate/, () => ({ issuer: other })],
    ['of an issuer of another name', /another certificate/, () => ({ isMisnamed: true })],
    ['about another certificate', /another certificate/, () => ({ about: authority.cert })],
    ['signed by the server itself', /nor in its name/, () => ({ signer: good, sent: [derOf(good)] })],
  ])('takes one %s for what it is', (_what, why, change) => {
    const refusal = judged(ocspResponse({ ...said(), ...change() }));
    expect(refusal?.why ?? 'good').toMatch(why ?? /^good$/);
    expect(refusal?.isRevoked ?? false).toBe(false);
  });

  it.each<[what: string, why: RegExp, ...Parameters<typeof saidInItsName>]>([
    ['whom it lets', /^good$/, OCSP_SIGNING],
    ['whom it lets do something else', /nor in its name/, '1.3.6.1.5.5.7.3.1'],
    ['whom it lets do whatever there is', /nor in its name/, '2.5.29.37.0'],
    ['whom it has not let yet', /nor in its name/, OCSP_SIGNING, { validFromMs: NOW_MS + 60_000 }],
    ['whom it has let until now', /nor in its name/, OCSP_SIGNING, { validToMs: NOW_MS - 60_000 }],
    ['whom somebody else lets', /nor in its name/, OCSP_SIGNING, { isOfOther: true }],
  ])('believes in the name of the issuer those %s', async (_what, why, ...how) => {
    expect(judged(await saidInItsName(...how))?.why ?? 'good').toMatch(why);
  });

  it('needs to know the issuer', () => {
    const certificate = new X509Certificate(good.cert);
    const refusal = judgeOcsp({ response: ocspResponse(said()), certificate, issuer: undefined, nowMs: NOW_MS });
    expect(refusal?.why).toMatch(/nobody knows who has issued/);
  });

  it('says so when the responder has no answer', () => {
    expect(judged(TRY_LATER)?.why).toContain('the responder gave no information: status 03');
  });

  it.each<[by: string, response: () => Uint8Array | Promise<Uint8Array>]>([
    ['by the issuer', () => ocspResponse(said())],
    ['in its name', () => saidInItsName(OCSP_SIGNING)],
  ])('refuses what is signed %s, and cut short or changed, at whichever byte, and never throws', async (_by, make) => {
    const response = await make();
    expect(judged(response)).toBeUndefined();
    for (let at = 0; at < response.length; at++) {
      expect(judged(response.subarray(0, at))).toBeDefined();
      const changed = Uint8Array.from(response);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      expect(judged(changed), `byte ${at}`).toBeDefined();
    }
  });
});

/** What somebody says who has a certificate for it, which the issuer or somebody else has signed. */
async function saidInItsName(purpose: string, how: Partial<Validity> & { readonly isOfOther?: boolean } = {}) {
  const { isOfOther = false, validFromMs = NOW_MS - HOUR_MS, validToMs = NOW_MS + HOUR_MS } = how;
  const signing = await responder(isOfOther ? other : authority, purpose, { validFromMs, validToMs });
  return ocspResponse({ ...said(), ...signing });
}

function derOf({ cert }: IssuedCertificate): Uint8Array {
  return new X509Certificate(cert).raw;
}

function said(change: Partial<TestOcspOptions> = {}): TestOcspOptions {
  return { about: good.cert, issuer: authority, fromMs: NOW_MS - HOUR_MS, ...change };
}

async function inWorld(accept: TlsAcceptOptions, run: (world: TlsWorld) => Promise<void>): Promise<void> {
  const world = tlsWorld(accept);
  try {
    await run(world);
  } finally {
    await world.close();
  }
}

function judged(response: Uint8Array) {
  const [certificate, issuer] = [new X509Certificate(good.cert), new X509Certificate(authority.cert)];
  return judgeOcsp({ response, certificate, issuer, nowMs: NOW_MS });
}
