import type { Clock, Timer } from '@lamella/service-core';
import { failureSink, systemClock, UsageError } from '@lamella/service-core';
import type { CertificateFile } from './certificate-file.ts';
import { LoadedCertificate } from './certificate-file.ts';
import type { CertificateStore, CertificateStoreOptions } from './certificate-store.ts';
import { certificateStore } from './certificate-store.ts';
import type { CertificateSource, ServerCertificate } from './server-certificate.ts';

/** Options of {@link certificateFiles}. */
export interface CertificateFilesOptions extends CertificateStoreOptions {
  /** How often to look whether files have changed, in milliseconds, greater than 0; `Infinity`: only on `reload`. Default 10_000. */
  readonly checkEveryMs?: number;
  /** Hears of files that have changed and can't be used; their old certificate stays. Default: `console.error`. */
  readonly onError?: (error: unknown) => void;
  /** Hears that other certificates are shown from now on. Default: nobody. */
  readonly onReload?: () => void;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/** Certificates of a server in files, which are read anew when they change. */
export interface CertificateFiles extends CertificateSource, Disposable {
  certificateFor(serverName: string | undefined): ServerCertificate | undefined;
  /**
   * Looks at the files now, for instance on a signal.
   *
   * @returns Whether one of them has changed. What can't be used goes to `onError`; it never rejects.
   */
  reload(): Promise<boolean>;
  /** Does not look at the files any more; the certificates stay. */
  close(): void;
}

/**
 * Loads certificates of a server from files, and again when they change.
 *
 * @remarks
 * New handshakes get the new certificate, running ones and connections keep theirs, and none fails in between: what was read is tried
 * before it is shown. Files that hold something that can't be used, such as a key that belongs to another certificate while both are being
 * written, are reported once and looked at again the next time; the other certificates are not held up by them. What counts is what is in
 * the files: renaming, linking and writing in place all work.
 *
 * @throws UsageError if an option is out of its range or there are no files; TlsMaterialError if files can't be read or used at the start.
 *
 * @example
 * const certificates = await certificateFiles([{ certPath: '/etc/tls/site.pem', keyPath: '/etc/tls/site.key' }]);
 * const secured = tlsAcceptLayer({ certificates, alpn: ['http/1.1'] });
 */
export async function certificateFiles(
  files: readonly CertificateFile[],
  options: CertificateFilesOptions = {},
): Promise<CertificateFiles> {
  const { checkEveryMs = 10_000, fallback = 'first' } = options;
  if (!(checkEveryMs > 0)) throw new UsageError(`checkEveryMs must be > 0, got ${checkEveryMs}`);
  const loaded = await Promise.all(files.map((file) => LoadedCertificate.load(file)));
  return new WatchedFiles(loaded, certificateStore(currentOf(loaded), { fallback }), { ...options, checkEveryMs });
}

class WatchedFiles implements CertificateFiles {
  readonly #loaded: readonly LoadedCertificate[];
  readonly #store: CertificateStore;
  readonly #options: CertificateFilesOptions & { readonly checkEveryMs: number };
  readonly #tell: (error: unknown) => void;
  #timer: Timer | undefined;
  #reloading: Promise<boolean> | undefined;
  #isClosed = false;

  constructor(
    loaded: readonly LoadedCertificate[],
    store: CertificateStore,
    options: CertificateFilesOptions & { readonly checkEveryMs: number },
  ) {
    this.#loaded = loaded;
    this.#store = store;
    this.#options = options;
    this.#tell = failureSink(options.onError, () => 'loading a certificate');
    this.#wait();
  }

  certificateFor(serverName: string | undefined): ServerCertificate | undefined {
    return this.#store.certificateFor(serverName);
  }

  /** Those who ask while files are being read get what is read after that: they may just have been written. */
  async reload(): Promise<boolean> {
    await this.#reloading;
    this.#reloading ??= this.#refresh().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #wait(): void {
    if (this.#isClosed) return;
    const { clock = systemClock, checkEveryMs } = this.#options;
    this.#timer = clock.startTimer(checkEveryMs, () => void this.reload().finally(() => this.#wait()));
  }

  async #refresh(): Promise<boolean> {
    const changes = await Promise.all(this.#loaded.map((certificate) => this.#refreshOne(certificate)));
    if (!changes.includes(true) || this.#isClosed) return false;
    this.#store.replace(currentOf(this.#loaded));
    try {
      this.#options.onReload?.();
    } catch (error) {
      this.#tell(error); // the certificates are good whoever fails to hear of them
    }
    return true;
  }

  async #refreshOne(certificate: LoadedCertificate): Promise<boolean> {
    try {
      return await certificate.refresh();
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }
}

function currentOf(loaded: readonly LoadedCertificate[]): readonly ServerCertificate[] {
  return loaded.map(({ current }) => current);
}
