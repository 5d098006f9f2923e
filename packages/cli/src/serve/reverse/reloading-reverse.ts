import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import type { ServerParts } from '../run-server.ts';
import type { ConfiguredReverse } from './configured-reverse.ts';
import type { ReverseFile } from './load-reverse.ts';

/** Options of {@link reloadingReverse}. */
export interface ReloadingOptions {
  /** Reads the file anew. @throws with what is wrong. */
  readonly load: () => ReverseFile;
  /** Where SIGHUP comes from, such as `process`. */
  readonly signals: { on(signal: 'SIGHUP', listener: () => void): unknown };
}

/**
 * A proxy that is made anew when SIGHUP comes.
 *
 * @remarks
 * A configuration that is wrong changes nothing. With a good one the next request sees the new proxy, and those under way finish on the old one,
 * whose checks have ended. Certificates
 * are read anew too. What the server itself does, such as where it listens, needs a restart.
 */
export function reloadingReverse(
  first: ReverseFile,
  parts: ServerParts,
  options: ReloadingOptions,
): Service<HttpRequest, HttpResponse> {
  const { note, tls } = parts;
  let current: ConfiguredReverse = first.make(parts);
  const reload = async (): Promise<void> => {
    const file = options.load();
    const next = file.make(parts);
    if (tls !== undefined && file.tls !== undefined) {
      try {
        await tls.change(file.tls);
      } catch (error) {
        void next.close();
        throw file.located(error);
      }
    }
    const old = current;
    current = next;
    for (const name of restartsFor(first, file)) note(`${name} has changed; that needs a restart`);
    note('the configuration was read anew; requests under way finish as they began');
    parts.lifecycle.spawn('closing the old configuration', () => old.close());
  };
  let last: Promise<void> = Promise.resolve();
  options.signals.on('SIGHUP', () => {
    last = last.then(reload).catch((error: unknown) => {
      note(`the configuration stays as it was:\n${error instanceof Error ? error.message : String(error)}`);
    });
  });
  return { serve: (request) => current.serve(request) };
}

/** What of a file counts only when the server starts. */
function restartsFor({ config, tls }: ReverseFile, next: ReverseFile): readonly string[] {
  return [
    ...(next.config.listen === config.listen ? [] : ['listen']),
    ...(next.config.httpVersion === config.httpVersion ? [] : ['httpVersion']),
    ...((next.tls === undefined) === (tls === undefined) ? [] : ['whether there is tls']),
  ];
}
