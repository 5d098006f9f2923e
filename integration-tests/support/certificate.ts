import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A self-signed certificate for `localhost` and 127.0.0.1. */
export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** File that clients are told to trust. */
  readonly certPath: string;
}

/** Lets openssl make a certificate that is good for a day. */
export async function selfSigned(): Promise<Certificate> {
  const folder = temporaryFolder();
  const [keyPath, certPath] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyPath];
  const made = await run('openssl', ['req', '-x509', '-days', '1', ...key, '-out', certPath, ...name]);
  if (made.code !== 0) throw new Error(made.stderr);
  return { key: readFileSync(keyPath), cert: readFileSync(certPath), certPath };
}
