import { readFileSync } from 'node:fs';
import type { ConnectorLayer } from '@lamella/http';
import type { TlsConnectOptions } from '@lamella/tls';
import { TlsMaterialError, tlsConnectLayer } from '@lamella/tls';
import { fileProblem } from '../cli-error.ts';
import { checkedRoots } from './checked-roots.ts';

/** How servers are spoken to by TLS. */
export interface UpstreamTlsSettings {
  /** Files with the roots to trust; none: those of Node. */
  readonly ca: readonly string[];
  /** File with a certificate of one's own, for servers that ask for one. */
  readonly cert: string | undefined;
  /** File with its key; `undefined`: the same file. */
  readonly key: string | undefined;
  readonly passphrase?: string | undefined;
  /** Pins of keys of which one has to be in the chain. */
  readonly pins?: readonly string[] | undefined;
  /** Whether every server is taken for the right one. */
  readonly insecure: boolean;
}

/** @throws TlsMaterialError if a file can't be read or used; UsageError if a pin is none. */
export function upstreamTls(settings: UpstreamTlsSettings, more: TlsConnectOptions = {}): ConnectorLayer {
  const { ca, cert, key = cert, passphrase, pins, insecure } = settings;
  const pair =
    cert === undefined || key === undefined
      ? {}
      : {
          clientCertificate: {
            cert: read(cert),
            key: read(key),
            ...(passphrase === undefined ? {} : { passphrase }),
          },
        };
  return tlsConnectLayer({
    ...more,
    ...(ca.length === 0 ? {} : { roots: ca.map(readRoots) }),
    ...pair,
    ...(pins === undefined ? {} : { pins }),
    ...(insecure ? { dangerouslyAcceptAnyCertificate: true } : {}),
  });
}

/** What is wrong with one of several files is told with its name. */
function readRoots(path: string): string {
  return checkedRoots(read(path), path);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TlsMaterialError(`${path} can't be read: ${fileProblem(cause)}`, { cause });
  }
}
