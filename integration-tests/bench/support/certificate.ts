import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder with `cert.pem` and `key.pem` of a P-256 certificate for 127.0.0.1. @returns The folder, and how to remove it. */
export function certificateFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-bench-cert-'));
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  args.push('-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1');
  args.push('-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem'));
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
