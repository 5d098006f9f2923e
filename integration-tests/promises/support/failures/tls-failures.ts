import { X509Certificate } from 'node:crypto';
import type { Connection } from '@lamella/net-core';
import { utf8 } from '@lamella/net-core/testing';
import type { Clock } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { IssueOptions } from '@lamella/tls';
import { certificateAuthority, certificateStore, selfSignedCertificate, spkiPin } from '@lamella/tls';
import type { Failure } from './failure-world.ts';
import { answer, breakOff } from './failure-world.ts';
import { tapped } from './tapped-stream.ts';
import type { TlsSetup } from './tls-origin.ts';
import { askByTls, DAY_MS, tlsMaterial } from './tls-origin.ts';

const base = { layer: 'tls', phase: 'handshake', tells: 'origin.test:443' } as const;
const final = { ...base, retryable: false } as const;
const passing = { ...base, retryable: true } as const;

/** Servers whose certificate is not to be believed. */
const badCertificates: readonly Failure[] = [
  ...(
    [
      ['has expired', 'CERTIFICATE_EXPIRED', { clock: daysFromNow(-5), validityMs: DAY_MS }],
      ['is not valid yet', 'CERTIFICATE_NOT_YET_VALID', { clock: daysFromNow(5), backdateMs: 0 }],
      ['is for another host', 'WRONG_HOST', { names: ['other.test'] }],
      ['is for clients', 'CERTIFICATE_INVALID', { usages: ['client'] }],
    ] as const
  ).map(
    ([what, condition, options]: readonly [string, string, Partial<IssueOptions>]): Failure => ({
      ...final,
      name: `the certificate of a server ${what}`,
      code: `LML_ERR_TLS_${condition}`,
      async induce(world) {
        const { authority } = await tlsMaterial();
        return askByTls(world, {
          accept: { certificates: await authority.issue({ names: ['origin.test'], ...options }) },
        });
      },
    }),
  ),
  {
    ...final,
    name: 'the certificate of a server is from an authority that nobody knows',
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    async induce(world) {
      const other = await certificateAuthority();
      return askByTls(world, { accept: { certificates: await other.issue({ names: ['origin.test'] }) } });
    },
  },
  {
    ...final,
    name: 'the certificate of a server has signed itself',
    code: 'LML_ERR_TLS_SELF_SIGNED',
    induce: async (world) =>
      askByTls(world, { accept: { certificates: await selfSignedCertificate({ names: ['origin.test'] }) } }),
  },
  {
    ...final,
    name: 'the key of a server is not the one that is pinned',
    code: 'LML_ERR_TLS_PIN_MISMATCH',
    async induce(world) {
      const other = await selfSignedCertificate({ names: ['origin.test'] });
      return askByTls(world, { connect: { pins: [spkiPin(new X509Certificate(other.cert))] } });
    },
  },
  {
    ...final,
    name: 'a server that has to staple an OCSP response has none',
    code: 'LML_ERR_TLS_BAD_OCSP',
    induce: (world) => askByTls(world, { connect: { requireOcsp: true } }),
  },
];

/** Both sides have nothing in common. */
const noOverlap: readonly Failure[] = (
  [
    ['version', 'VERSION', { accept: { minVersion: 'TLSv1.3' }, connect: { maxVersion: 'TLSv1.2' } }],
    ['group', 'ALERT', { accept: { groups: ['P-384'] }, connect: { groups: ['P-256'] } }],
    ['protocol', 'NO_ALPN_OVERLAP', { accept: { alpn: ['x'] } }],
    ['protocol, and one is needed', 'NO_ALPN_OVERLAP', { connect: { requireAlpn: true } }],
  ] as const
).map(([what, condition, setup]: readonly [string, string, TlsSetup]) => ({
  ...final,
  name: `client and server have no ${what} of TLS in common`,
  code: `LML_ERR_TLS_${condition}`,
  induce: (world) => askByTls(world, setup),
}));

/** Handshakes that come to nothing for another reason. */
const brokenHandshakes: readonly Failure[] = [
  {
    ...final,
    name: 'a server has no certificate for the name',
    code: 'LML_ERR_TLS_ALERT',
    async induce(world) {
      const { authority } = await tlsMaterial();
      const other = await authority.issue({ names: ['other.test'] });
      return askByTls(world, { accept: { certificates: certificateStore([other], { fallback: 'none' }) } });
    },
  },
  {
    ...final,
    name: 'a server wants a certificate of the client, by TLS 1.2',
    code: 'LML_ERR_TLS_ALERT',
    induce: async (world) => askByTls(world, { accept: await wantingClients(), connect: { maxVersion: 'TLSv1.2' } }),
  },
  {
    ...final,
    name: 'a server does not speak TLS',
    code: 'LML_ERR_TLS_PROTOCOL',
    induce: (world) => askByTls(world, played('HTTP/1.1 400 Bad Request\r\n\r\n')),
  },
  {
    ...passing,
    name: 'a server says nothing to the hello of TLS',
    code: 'LML_ERR_TLS_TIMEOUT',
    induce: (world) => askByTls(world, played('')),
  },
  ...(['reset', 'end'] as const).map(
    (how): Failure => ({
      ...passing,
      name: `a server meets the hello of TLS with ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_TLS_CLOSED',
      induce: (world) => askByTls(world, played('', breakOff('', how))),
    }),
  ),
];

const inSession = { tells: 'origin.test:443', layer: 'http/1.1' } as const;
const HEAD = 'HTTP/1.1 200 OK\r\n';

/** Sessions that break under a request. */
const brokenSessions: readonly Failure[] = [
  {
    ...inSession,
    name: 'a server wants a certificate of the client, by TLS 1.3',
    code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
    phase: 'response-head',
    retryable: true,
    because: 'LML_ERR_TLS_ALERT',
    induce: async (world) => askByTls(world, { accept: await wantingClients() }),
  },
  {
    ...inSession,
    name: 'a response by TLS ends without close_notify',
    code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
    phase: 'response-body',
    retryable: true,
    because: 'LML_ERR_TLS_TRUNCATED',
    induce(world) {
      const { below, tap } = tapped();
      world.onRequest = (stream) => {
        answer(`${HEAD}\r\nab`)(stream);
        setImmediate(() => void tap().closeWrite());
      };
      return askByTls(world, { below });
    },
  },
  {
    ...inSession,
    name: 'a session of TLS gets bytes that are none of its',
    code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE',
    phase: 'response-body',
    retryable: false,
    because: 'LML_ERR_TLS_PROTOCOL',
    induce(world) {
      const { below, tap } = tapped();
      world.onRequest = (stream) => {
        answer(`${HEAD}Content-Length: 9\r\n\r\nab`)(stream);
        setImmediate(() => void tap().write([utf8('GET / HTTP/1.1\r\n\r\n')]));
      };
      return askByTls(world, { below }, { method: 'POST', body: 'x' });
    },
  },
];

/** Calls by TLS that come to nothing. */
export const tlsFailures: readonly Failure[] = [
  ...badCertificates,
  ...noOverlap,
  ...brokenHandshakes,
  ...brokenSessions,
];

/** Whoever stands where TLS should be; what it says when it has heard something. */
function played(bytes: string, then = answer(bytes)): TlsSetup {
  return {
    server: serviceFn(async ({ stream }: Connection) => {
      await stream.read();
      then(stream);
      await stream.closed;
    }),
  };
}

async function wantingClients() {
  const { authority } = await tlsMaterial();
  return { clientAuth: { mode: 'require', roots: authority.cert } } as const;
}

function daysFromNow(days: number): Clock {
  return new FakeClock({ epochMs: Date.now() + days * DAY_MS });
}
