import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, failureSink } from '@lamella/service-core';
import type { Connection } from './connection.ts';
import type { Listener } from './listener.ts';

/** Options of {@link serveListener}. */
export interface ServeListenerOptions {
  /** Where the listener takes part in draining: it closes when draining starts and those who have connected are accepted. Default: one of its own. */
  readonly lifecycle?: Lifecycle;
  /** Hears of every connection whose service failed. Default: `console.error`. */
  readonly onError?: (error: unknown, connection: Connection) => void;
}

/**
 * Serves every connection of a listener, each by itself.
 *
 * @remarks
 * A connection whose service ends with its stream still open is closed. A service that fails takes nothing down but its own
 * connection.
 *
 * @returns When the listener has closed. Connections may go on; the lifecycle knows of them.
 */
export async function serveListener(
  listener: Listener,
  service: Service<Connection, void>,
  options: ServeListenerOptions = {},
): Promise<void> {
  const { lifecycle = createLifecycle() } = options;
  const onError = failureSink(options.onError, () => 'a connection');
  const closed = Promise.withResolvers<void>();
  const registration = lifecycle.register({
    protocol: 'listener',
    isIdle: true,
    startDrain: () => void (listener.drain?.() ?? listener.close()),
    drained: closed.promise,
    destroy: () => void listener.close(),
  });
  try {
    for await (const connection of listener) {
      lifecycle.spawn('connection', () => serveOne(connection, service, onError));
    }
  } finally {
    closed.resolve();
    registration[Symbol.dispose]();
  }
}

/** Not `async`: what waits for the end of an idle connection takes memory as long as that lasts. */
function serveOne(
  connection: Connection,
  service: Service<Connection, void>,
  onError: (error: unknown, connection: Connection) => void,
): Promise<void> {
  const close = (): void => connection.stream.destroy();
  const fail = (error: unknown): void => {
    close();
    onError(error, connection);
  };
  try {
    return service.serve(connection).then(close, fail);
  } catch (error) {
    fail(error); // a service must not throw, but its connection shall end all the same
    return Promise.resolve();
  }
}
