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
 * whose checks have ended. What the server itself does, such as where it listens, needs a restart.
 */
export function reloadingReverse(
  first: ReverseFile,
  parts: ServerParts,
  options: ReloadingOptions,
): Service<HttpRequest, HttpResponse> {
  const { note } = parts;
  let current: ConfiguredReverse = first.make(parts);
  options.signals.on('SIGHUP', () => {
    try {
      const file = options.load();
      const next = file.make(parts);
      const old = current;
      current = next;
      if (file.config.listen !== first.config.listen) note('listen has changed; that needs a restart');
      note('the configuration was read anew; requests under way finish as they began');
      parts.lifecycle.spawn('closing the old configuration', () => old.close());
    } catch (error) {
      note(`the configuration stays as it was:\n${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return { serve: (request) => current.serve(request) };
}
