import { visible } from '../send/web-socket/visible.ts';
import type { ProbedCertificate, TlsProbe } from './probe-tls.ts';

/** A probe for people. @param nowMs - Time of the day, in milliseconds since the Unix epoch. */
export function probeText(probe: TlsProbe, nowMs: number): string {
  const { target, address, isTrusted, refusal, certificate, chain, agreed, versions, alpn } = probe;
  const lines = [
    row('server', target === address ? target : `${target} (${address})`),
    row('trusted', isTrusted ? 'yes' : `no: ${visible(refusal?.message ?? '')}`),
    row('agreed', `${agreed.version}, ${agreed.cipher}`),
    row('ALPN', alpn.length === 0 ? 'none of h2, http/1.1' : alpn.join(', ')),
    ...versions.flatMap(({ version, ciphers }) =>
      ciphers.map((cipher, index) => row(index === 0 ? version : '', cipher)),
    ),
    ...(certificate === undefined ? [] : ['', ...certificateRows('certificate', certificate, nowMs)]),
    ...chain.flatMap((issuer, index) => ['', ...certificateRows(`issuer ${index + 1}`, issuer, nowMs)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** What certificates say comes from strangers. */
function certificateRows(title: string, certificate: ProbedCertificate, nowMs: number): readonly string[] {
  const { subject, issuer, names, validFrom, validTo, pin, serialNumber, fingerprint256 } = certificate;
  const days = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
  const left = days < 0 ? `expired ${-days} days ago` : `${days} days left`;
  return [
    row(title, nameText(subject)),
    row('issued by', nameText(issuer)),
    ...(names.length === 0 ? [] : [row('names', visible(names.join(', ')))]),
    row('valid', `${validFrom.slice(0, 10)} to ${validTo.slice(0, 10)}, ${left}`),
    row('pin', pin),
    row('serial', visible(serialNumber)),
    row('SHA-256', fingerprint256),
  ];
}

/** Its parts are in lines of their own. */
function nameText(name: string): string {
  return name === '' ? '(nobody)' : visible(name.split('\n').join('; '));
}

function row(name: string, value: string): string {
  return `${name.padEnd(13)}${value}`;
}

const DAY_MS = 86_400_000;
