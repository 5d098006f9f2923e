import type { ConnectorLayer } from '@lamella/http';
import type { Connection, ConnectRequest } from '@lamella/net-core';
import { AlpnSelected, TlsSession, tryParseIp } from '@lamella/net-core';
import type { PeerCertificateFacts } from '@lamella/tls';
import { PeerCertificate } from '@lamella/tls';
import { visible } from '../web-socket/visible.ts';

/** Tells what is offered, and what was agreed on, of each TLS handshake, as curl does. */
export function tracedTls(inner: ConnectorLayer, note: (text: string) => void): ConnectorLayer {
  return (base) => {
    const telling = {
      async serve(request: ConnectRequest) {
        const connection = await base.serve(request);
        if (request.secure && request.alpnOffer.length > 0) note(`ALPN: offers ${request.alpnOffer.join(',')}`);
        return connection;
      },
    };
    const connector = inner(telling);
    return {
      async serve(request) {
        const connection = await connector.serve(request);
        if (request.secure) for (const line of sessionLines(connection, request)) note(line);
        return connection;
      },
    };
  };
}

function sessionLines({ extensions }: Connection, { target, alpnOffer }: ConnectRequest): readonly string[] {
  const host = target.type === 'tcp' ? target.host.toString() : '';
  const session = extensions.get(TlsSession);
  const certificate = extensions.get(PeerCertificate);
  const alpn = extensions.get(AlpnSelected);
  const lines = session === undefined ? [] : [`SSL connection using ${session.version} / ${session.cipher}`];
  if (alpnOffer.length > 0)
    lines.push(alpn === undefined ? 'ALPN: server did not agree on a protocol' : `ALPN: server accepted ${alpn}`);
  return certificate === undefined ? lines : [...lines, ...certificateLines(certificate, host)];
}

/** What certificates say comes from strangers. */
function certificateLines(certificate: PeerCertificateFacts, host: string): readonly string[] {
  const { subject, issuer, subjectAltNames, validFromMs, validToMs, pin, refusal } = certificate;
  return [
    'Server certificate:',
    ` subject: ${oneLine(subject)}`,
    ` start date: ${dateOf(validFromMs)}`,
    ` expire date: ${dateOf(validToMs)}`,
    ` subjectAltName: ${namesText(subjectAltNames, host)}`,
    ` issuer: ${oneLine(issuer)}`,
    ` public key pin: sha256//${pin}`,
    refusal === undefined
      ? ' SSL certificate verify ok.'
      : ` SSL certificate verify result: ${refusal}, continuing anyway.`,
  ];
}

/** Of many names, the one that counts. */
function namesText(names: readonly string[], host: string): string {
  const known = names.map((name) => name.slice(name.indexOf(':') + 1));
  const match = known.find((name) => isFor(name.toLowerCase(), host.toLowerCase()));
  if (match === undefined) return `none matches "${host}": ${visible(names.slice(0, 20).join(', '))}`;
  return `host "${host}" matched cert's "${visible(match)}"`;
}

/** RFC 9525 section 6.3, and addresses as Node writes them. The verdict is not made here: this is for people. */
function isFor(name: string, host: string): boolean {
  const address = tryParseIp(host);
  if (address !== undefined) return tryParseIp(name)?.toString() === address.toString();
  return name === host || (name.startsWith('*.') && host.slice(host.indexOf('.')) === name.slice(1));
}

/** Names are in lines of their own. */
export function oneLine(name: string): string {
  return visible(name.split('\n').join('; '));
}

/** `Nov 26 03:46:45 2026 GMT`, as OpenSSL and curl write it. */
function dateOf(epochMs: number): string {
  const [, day = '', month = '', year = '', time = ''] = new Date(epochMs).toUTCString().split(' ');
  return `${month} ${day} ${time} ${year} GMT`;
}
