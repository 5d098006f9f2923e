import { utf8 } from '@lamella/net-core/testing';
import { certificateAuthority, certificateStore } from '@lamella/tls';
import type { Failure } from './failure-world.ts';
import { breakOff } from './failure-world.ts';
import type { TlsSetup } from './tls-origin.ts';
import { acceptByTls, tlsMaterial } from './tls-origin.ts';

const final = { layer: 'tls', phase: 'handshake', retryable: false, tells: '192.0.2.1:' } as const;
const passing = { ...final, retryable: true } as const;

/** Clients that a server can't come to terms with. */
const refused: readonly Failure[] = (
  [
    ['version', 'VERSION', { accept: { minVersion: 'TLSv1.3' }, connect: { maxVersion: 'TLSv1.2' } }],
    ['group', 'NO_OVERLAP', { accept: { groups: ['P-384'] }, connect: { groups: ['P-256'] } }],
    ['protocol', 'NO_ALPN_OVERLAP', { accept: { alpn: ['x'] }, connect: { alpn: ['y'] } }],
  ] as const
).map(([what, condition, setup]: readonly [string, string, TlsSetup]) => ({
  ...final,
  name: `a server has no ${what} of TLS in common with a client`,
  code: `LML_ERR_TLS_${condition}`,
  induce: (world) => acceptByTls(world, setup),
}));

/** What a server has to say of handshakes that come to nothing. */
export const tlsServerFailures: readonly Failure[] = [
  ...refused,
  {
    ...final,
    name: 'a server has no certificate for the name that a client asks for',
    code: 'LML_ERR_TLS_UNKNOWN_NAME',
    async induce(world) {
      const { authority } = await tlsMaterial();
      const other = await authority.issue({ names: ['other.test'] });
      return acceptByTls(world, { accept: { certificates: certificateStore([other], { fallback: 'none' }) } });
    },
  },
  {
    ...final,
    name: 'a client shows no certificate where one is needed',
    code: 'LML_ERR_TLS_NO_CERTIFICATE',
    async induce(world) {
      const { authority } = await tlsMaterial();
      return acceptByTls(world, { accept: { clientAuth: { mode: 'require', roots: authority.cert } } });
    },
  },
  {
    ...final,
    name: 'a client shows a certificate of an authority that nobody knows',
    code: 'LML_ERR_TLS_UNKNOWN_CA',
    async induce(world) {
      const { authority } = await tlsMaterial();
      const stranger = await (await certificateAuthority()).issue({ names: ['a.test'], usages: ['client'] });
      const accept = { clientAuth: { mode: 'require', roots: authority.cert } } as const;
      return acceptByTls(world, { accept, connect: { clientCertificate: stranger } });
    },
  },
  {
    ...final,
    name: 'a client speaks HTTP where TLS is due',
    code: 'LML_ERR_TLS_PROTOCOL',
    induce: (world) =>
      acceptByTls(world, {}, (stream) => void stream.write([utf8('GET / HTTP/1.1\r\nHost: a\r\n\r\n')])),
  },
  {
    ...passing,
    name: 'a client stops in its hello',
    code: 'LML_ERR_TLS_TIMEOUT',
    induce: (world) => acceptByTls(world, {}, (stream) => void stream.write([HALF_A_HELLO.slice()])),
  },
  ...(['reset', 'end'] as const).map(
    (how): Failure => ({
      ...passing,
      name: `a client leaves in its hello by ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_TLS_CLOSED',
      induce: (world) =>
        acceptByTls(world, {}, (stream) => {
          void stream.write([HALF_A_HELLO.slice()]);
          world.clock.startTimer(5, () => breakOff('', how)(stream)); // it has arrived
        }),
    }),
  ),
];

/** A record of a handshake that is to have 256 bytes, and the first of them. */
const HALF_A_HELLO: Uint8Array = Uint8Array.of(22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3);
