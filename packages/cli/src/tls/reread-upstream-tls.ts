import type { ConnectorLayer } from '@lamella/http';
import type { TlsConnectOptions } from '@lamella/tls';
import { messageOf } from '../cli-error.ts';
import type { UpstreamTlsSettings } from './upstream-tls.ts';
import { upstreamTls } from './upstream-tls.ts';

/** Options of {@link rereadUpstreamTls}. */
export interface RereadOptions {
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
  /** Where SIGHUP comes from, such as `process`. */
  readonly signals: { on(signal: 'SIGHUP', listener: () => void): unknown };
  /** What else there is to say about TLS. */
  readonly more?: TlsConnectOptions;
  /** Called when other certificates count for the connections that are opened from now on. */
  readonly onChange?: () => void;
}

/**
 * TLS with servers, whose roots and certificates are read anew when SIGHUP comes. Files that can't be used change nothing.
 *
 * @throws TlsMaterialError if a file can't be read or used now.
 */
export function rereadUpstreamTls(settings: UpstreamTlsSettings, options: RereadOptions): ConnectorLayer {
  const { note, signals, more = {}, onChange } = options;
  let current = upstreamTls(settings, more);
  const reread = (): void => {
    try {
      current = upstreamTls(settings, more);
    } catch (error) {
      note(`the certificates for connecting stay as they were: ${messageOf(error)}`);
      return;
    }
    note('the certificates for connecting were read anew');
    onChange?.();
  };
  // Without files there is nothing to read, and the signal is left to whoever else waits for it.
  if (settings.ca.length > 0 || settings.cert !== undefined) signals.on('SIGHUP', reread);
  return (inner) => ({ serve: (request) => current(inner).serve(request) });
}
