import type { Connection } from '@lamella/net-core';
import { tryParseIp } from '@lamella/net-core';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { CertificateSource, ServerCertificate } from '@lamella/tls';
import { acmeChallengeCertificate, clientHelloLayer, ReceivedClientHello, tlsAcceptLayer } from '@lamella/tls';
import type { AcmeSolver } from './acme-solver.ts';

/** Options of {@link tlsAlpnChallenges}. */
export interface TlsAlpnChallengesOptions {
  /** Longest wait for a ClientHello and for a handshake with an ACME server, in milliseconds, > 0. Default 10_000. */
  readonly timeoutMs?: number;
  /** Where clients that have said nothing take part in draining: they are closed. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Answers the challenges `tls-alpn-01` of an ACME server. */
export interface TlsAlpnChallenges extends AcmeSolver {
  readonly type: 'tls-alpn-01';
  /** Answers connections that offer `acme-tls/1` and nothing else; passes others on, with all of their bytes. Belongs outside of TLS. */
  readonly layer: Layer<Connection, void>;
  /** The certificates for challenges under way, by name, for a server that tells `acme-tls/1` apart by itself. */
  readonly certificates: CertificateSource;
}

/**
 * Answers challenges by TLS: RFC 8737, `tls-alpn-01`.
 *
 * @remarks
 * The server makes a handshake with port 443 of the name, offers the protocol `acme-tls/1`, and looks at the certificate. Works on the port
 * that serves https: while no challenge is under way, connections pass untouched, not even looked at. There is one certificate a name: of two
 * orders for the same name at the same time, one fails.
 *
 * @throws UsageError if `timeoutMs` is out of its range.
 *
 * @example
 * const challenges = tlsAlpnChallenges();
 * // stack(challenges.layer, tlsAcceptLayer({ certificates }), server)
 */
export function tlsAlpnChallenges(options: TlsAlpnChallengesOptions = {}): TlsAlpnChallenges {
  const { timeoutMs = 10_000, lifecycle, clock = systemClock } = options;
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  const parts = { timeoutMs, clock, ...(lifecycle === undefined ? {} : { lifecycle }) };
  const shown = new Map<string, { readonly certificate: ServerCertificate; readonly keyAuthorization: string }>();
  const certificates: CertificateSource = {
    certificateFor: (serverName) => (serverName === undefined ? undefined : shown.get(serverName)?.certificate),
  };
  const answering = tlsAcceptLayer({ certificates, alpn: [PROTOCOL], ...parts })({
    // The handshake is all: RFC 8737 section 3 has both sides close after it.
    serve: async ({ stream }) => stream.closeWrite(),
  });
  return {
    type: 'tls-alpn-01',
    certificates,
    async present({ identifier, keyAuthorization }) {
      const certificate = await acmeChallengeCertificate({ identifier, keyAuthorization, clock });
      shown.set(serverNameOf(identifier), { certificate, keyAuthorization });
    },
    remove({ identifier, keyAuthorization }) {
      const name = serverNameOf(identifier);
      if (shown.get(name)?.keyAuthorization === keyAuthorization) shown.delete(name); // not that of another order
    },
    layer: (inner) => {
      const looking = clientHelloLayer({ ...parts, notTls: inner })({
        async serve(connection) {
          const offered = connection.extensions.get(ReceivedClientHello)?.alpnProtocols ?? [];
          const isChallenge = offered.length === 1 && offered[0] === PROTOCOL;
          return isChallenge ? answering.serve(connection) : inner.serve(connection);
        },
      });
      return { serve: (connection) => (shown.size === 0 ? inner : looking).serve(connection) };
    },
  };
}

/** What the server asks for: the name, or for an address its name in the reverse tree, RFC 8738 section 6. */
function serverNameOf(identifier: string): string {
  const address = tryParseIp(identifier);
  if (address === undefined) return identifier;
  if (address.family === 4) return `${Array.from(address.bytes).reverse().join('.')}.in-addr.arpa`;
  const digits = Buffer.from(address.bytes).toString('hex').split('').reverse().join('.');
  return `${digits}.ip6.arpa`;
}

const PROTOCOL = 'acme-tls/1';
