import type { HttpRequest } from '@lamella/http';
import { Http2Client, Http2StreamId } from '@lamella/http2';
import { AlpnSelected, ServerName, TlsSession } from '@lamella/net-core';
import { ClientFingerprints, PeerCertificate } from '@lamella/tls';

/** What is known of the HTTP/2 connection of a request. */
export interface EchoedHttp2 {
  readonly streamId: number;
  /** What the client said in front of its first request, and fingerprints are made of. */
  readonly settings: readonly (readonly [identifier: string, value: number])[];
  /** In bytes. */
  readonly windowUpdate: number;
  readonly priorities: readonly string[];
  readonly pseudoHeaderOrder: readonly string[];
  readonly akamaiFingerprint: string;
}

/** What is known of the TLS session of a request. */
export interface EchoedTls {
  readonly version: string;
  readonly cipher: string;
  readonly isResumed: boolean;
  readonly serverName?: string;
  readonly alpn?: string;
  readonly ja3?: string;
  readonly ja4?: string;
  readonly peetPrint?: string;
  readonly clientCertificate?: { readonly subject: string; readonly issuer: string; readonly pin: string };
}

/** `undefined` for other versions. */
export function echoedHttp2({ extensions }: HttpRequest): EchoedHttp2 | undefined {
  const client = extensions.get(Http2Client);
  const streamId = extensions.get(Http2StreamId);
  if (client === undefined || streamId === undefined) return undefined;
  const { settings, windowUpdate, priorities, pseudoHeaderOrder, akamaiFingerprint } = client;
  return {
    streamId,
    settings: settings.map(([identifier, value]) => [SETTING_NAMES[identifier] ?? String(identifier), value]),
    windowUpdate,
    priorities: priorities.map(
      ({ streamId: id, isExclusive, dependsOn, weight }) =>
        `${id} on ${dependsOn}, weight ${weight}${isExclusive ? ', exclusive' : ''}`,
    ),
    pseudoHeaderOrder: pseudoHeaderOrder.map((name) => `:${name}`),
    akamaiFingerprint,
  };
}

/** `undefined` in clear. */
export function echoedTls({ extensions }: HttpRequest): EchoedTls | undefined {
  const session = extensions.get(TlsSession);
  if (session === undefined) return undefined;
  const { version, cipher, isResumed = false } = session;
  const [serverName, alpn] = [extensions.get(ServerName), extensions.get(AlpnSelected)];
  const [prints, certificate] = [extensions.get(ClientFingerprints), extensions.get(PeerCertificate)];
  return {
    version,
    cipher,
    isResumed,
    ...(serverName === undefined ? {} : { serverName }),
    ...(alpn === undefined ? {} : { alpn }),
    ...(prints === undefined ? {} : { ja3: prints.ja3, ja4: prints.ja4, peetPrint: prints.peetPrint }),
    ...(certificate === undefined
      ? {}
      : {
          clientCertificate: {
            subject: certificate.subject,
            issuer: certificate.issuer,
            pin: `sha256//${certificate.pin}`,
          },
        }),
  };
}

/** RFC 9113 section 6.5.2, RFC 8441 and RFC 9218. */
const SETTING_NAMES: Readonly<Record<number, string>> = {
  1: 'HEADER_TABLE_SIZE',
  2: 'ENABLE_PUSH',
  3: 'MAX_CONCURRENT_STREAMS',
  4: 'INITIAL_WINDOW_SIZE',
  5: 'MAX_FRAME_SIZE',
  6: 'MAX_HEADER_LIST_SIZE',
  8: 'ENABLE_CONNECT_PROTOCOL',
  9: 'NO_RFC7540_PRIORITIES',
};
