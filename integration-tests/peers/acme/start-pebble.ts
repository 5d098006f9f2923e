import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAuthority } from '@lamella/tls';
import { certificateAuthority } from '@lamella/tls';
import { accepting, freePort } from '../../support/free-port.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** An ACME server of others. */
export interface Pebble {
  readonly directoryUrl: string;
  /** Whom its own certificate is signed by. */
  readonly authority: CertificateAuthority;
  /** What it has printed. */
  readonly log: () => string;
}

/** Options of {@link startPebble}. */
export interface PebbleOptions {
  /** Where it looks for proofs. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** An account at somebody else that it asks for: its id, and its secret in base64url. */
  readonly externalAccount?: { readonly keyId: string; readonly hmacKey: string };
  /** How many percent of the nonces it does not take. */
  readonly badNonces?: number;
}

/** Starts pebble, with a name server to which every name is this machine. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const { httpPort, tlsPort, externalAccount, badNonces = 0 } = options;
  const folder = temporaryFolder();
  const authority = await certificateAuthority();
  const { cert, key } = await authority.issue({ names: ['127.0.0.1', 'localhost'] });
  const [certPath, keyPath, configPath] = ['cert.pem', 'key.pem', 'config.json'].map((name) => join(folder, name));
  const [port, managementPort, dnsPort, dnsManagementPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const binding =
    externalAccount === undefined
      ? { externalAccountBindingRequired: false }
      : {
          externalAccountBindingRequired: true,
          externalAccountMACKeys: { [externalAccount.keyId]: externalAccount.hmacKey },
        };
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${managementPort}`,
      certificate: certPath,
      privateKey: keyPath,
      httpPort,
      tlsPort,
      ocspResponderURL: '',
      ...binding,
    },
  };
  for (const [path, content] of [
    [certPath, cert],
    [keyPath, key],
    [configPath, JSON.stringify(config)],
  ] as const) {
    if (path !== undefined) writeFileSync(path, content, { mode: 0o600 });
  }
  const none = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', ''];
  const dns = ['-dns01', `127.0.0.1:${dnsPort}`, '-management', `127.0.0.1:${dnsManagementPort}`];
  startProcess('pebble-challtestsrv', [...none, ...dns]);
  const pebble = startProcess('pebble', ['-config', configPath ?? '', '-dnsserver', `127.0.0.1:${dnsPort}`], {
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: `${badNonces}`, PEBBLE_AUTHZREUSE: '0' },
  });
  let isGone = false;
  void pebble.ended.then(() => {
    isGone = true;
  });
  await accepting(port, () => isGone);
  // It is asked for names as soon as it serves: the name server has to be there by then, by UDP and by TCP.
  for (const needed of [dnsManagementPort, dnsPort]) await accepting(needed, () => isGone);
  return { directoryUrl: `https://127.0.0.1:${port}/dir`, authority, log: () => pebble.stdout() + pebble.stderr() };
}
