import { ConnectError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { Connector } from './connector.ts';

/**
 * Makes a connector of connections that somebody else makes: clients on a connection that the server has dialled, a child's stdio, or one end of
 * anything that is there already.
 *
 * @remarks
 * Each request gets the next connection, whatever its target, or waits for it; one that is over by then is left out. A request that is given up
 * takes no connection with it. When there are no more, requests are refused (`LML_ERR_CONNECT_REFUSED`).
 *
 * @param connections - A listener, a list, or any other iterable; it is asked only while somebody waits.
 *
 * @example
 * const [near] = memoryPipe();
 * const connector = connectorFromConnections([createConnection(near)]);
 * const connection = await connector.serve(connectRequest({ target: parseAddress('any.test:1') }));
 */
export function connectorFromConnections(connections: Iterable<Connection> | AsyncIterable<Connection>): Connector {
  const iterator =
    Symbol.asyncIterator in connections ? connections[Symbol.asyncIterator]() : connections[Symbol.iterator]();
  const takers = new Set<PromiseWithResolvers<Connection>>();
  /** Came for requests that were given up. */
  const spare = new Set<Connection>();
  let isAsking = false;

  const give = (connection: Connection): void => {
    const [taker] = takers;
    if (taker === undefined) {
      spare.add(connection);
      void connection.stream.closed.then(() => spare.delete(connection));
      return;
    }
    takers.delete(taker);
    taker.resolve(connection);
  };
  const refuse = (error: unknown): void => {
    for (const taker of takers) taker.reject(error);
    takers.clear();
  };
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      while (takers.size > 0) {
        const result = await iterator.next();
        if (result.done === true) refuse(noMore());
        else if (await isOpen(result.value)) give(result.value);
      }
    } catch (error) {
      refuse(error);
    } finally {
      isAsking = false;
    }
  };
  return {
    async serve({ scope }) {
      scope.throwIfAborted();
      const [first] = spare;
      if (first !== undefined) {
        spare.delete(first);
        return first;
      }
      const taker = Promise.withResolvers<Connection>();
      takers.add(taker);
      const listener = scope.onAbort((reason) => {
        takers.delete(taker);
        taker.reject(reason);
      });
      void ask();
      try {
        return await taker.promise;
      } finally {
        listener.close();
      }
    },
  };
}

/** Whether the stream has not ended so far. */
function isOpen({ stream }: Connection): Promise<boolean> {
  return Promise.race([stream.closed.then(() => false), Promise.resolve().then(() => true)]);
}

function noMore(): ConnectError {
  return new ConnectError('LML_ERR_CONNECT_REFUSED', 'there are no more connections', { phase: 'connect' });
}
