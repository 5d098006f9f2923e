import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateAuthority, certificateFiles, spkiPin, TlsMaterialError } from '@lamella/tls';

const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
const [certPath, keyPath] = [join(folder, 'shop.pem'), join(folder, 'shop.key')];
const authority = await certificateAuthority();
async function renew(): Promise<void> {
  const { cert, key } = await authority.issue({ names: ['shop.test'] });
  await writeFile(keyPath, key, { mode: 0o600 });
  await writeFile(certPath, cert);
}

await renew();
const certificates = await certificateFiles([{ certPath, keyPath }], {
  onReload: () => console.log('another certificate is shown from now on'),
  onError: (error) => console.log('not used:', error instanceof TlsMaterialError && error.code),
});
// tlsAcceptLayer({ certificates }); and process.on('SIGHUP', () => void certificates.reload());
const shown = (): string => spkiPin(new X509Certificate(certificates.certificateFor('shop.test')?.cert ?? ''));

const first = shown();
await writeFile(certPath, 'half of a certif');
console.log(await certificates.reload(), shown() === first);
await renew();
console.log(await certificates.reload(), shown() === first);
certificates.close();
await rm(folder, { recursive: true });
