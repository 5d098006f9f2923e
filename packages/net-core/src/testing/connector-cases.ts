import type { ConformanceCase } from '@lamella/service-core/testing';
import type { Address } from '../address/address.ts';
import { formatAddress } from '../address/address.ts';
import type { Connection } from '../connection/connection.ts';
import type { Connector } from '../connection/connector.ts';
import { connectRequest } from '../connection/connector.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';
import type { Listener } from '../connection/listener.ts';
import { codeOf, equal, rejectionOf } from './expect.ts';
import { readExactly, text, utf8 } from './stream-tools.ts';

/** A transport that {@link connectorCases} examines. */
export interface ConnectorSubject {
  /** Opens a new listener, on a free address. */
  listen(): Promise<Listener>;
  /** Connects to what {@link listen} opened. */
  readonly connector: Connector;
}

/** What every pair of {@link Listener} and {@link Connector} must do, whatever is between them. */
export const connectorCases: readonly ConformanceCase<ConnectorSubject>[] = [
  on('connects, and carries bytes both ways', async ({ listener, connect, accept }) => {
    const [near, far] = [await connect(listener.address), await accept()];
    void near.stream.write([utf8('ping')]);
    equal(text(await readExactly(far.stream, 4)), 'ping', 'bytes at the far end');
    void far.stream.write([utf8('pong')]);
    equal(text(await readExactly(near.stream, 4)), 'pong', 'bytes at the near end');
  }),
  on('tells both ends who the other is', async ({ listener, connect, accept }) => {
    const [near, far] = [await connect(listener.address), await accept()];
    const seen = (connection: Connection, key: typeof PeerAddress): string => {
      const address = connection.extensions.get(key);
      return address === undefined ? 'nothing' : formatAddress(address);
    };
    equal(seen(near, PeerAddress), formatAddress(listener.address), 'peer of the near end');
    equal(seen(far, LocalAddress), formatAddress(listener.address), 'local address of the far end');
    if (listener.address.type === 'tcp') equal(seen(far, PeerAddress), seen(near, LocalAddress), 'peer of the far end');
  }),
  on('serves several connections at once', async ({ listener, connect, accept }) => {
    const count = 20;
    const near = await Promise.all(Array.from({ length: count }, () => connect(listener.address)));
    for (const [index, connection] of near.entries()) void connection.stream.write([Uint8Array.of(index)]);
    const seen = new Set<number | undefined>();
    for (let index = 0; index < count; index++) seen.add((await readExactly((await accept()).stream, 1))[0]);
    equal(seen.size, count, 'different connections');
  }),
  on('refuses connects where nothing listens any more', async ({ listener, connect }) => {
    await listener.close();
    await listener.close();
    const error = await rejectionOf(connect(listener.address), 'connect after the close');
    equal(codeOf(error), 'LML_ERR_CONNECT_REFUSED', 'code');
    const facts = (error as { facts: { phase: string; peer: string } }).facts;
    equal(facts.phase, 'connect', 'phase');
    equal(facts.peer, formatAddress(listener.address), 'peer');
  }),
  on('leaves open connections alone when the listener closes', async ({ listener, connect, accept }) => {
    const [near, far] = [await connect(listener.address), await accept()];
    await listener.close();
    void near.stream.write([utf8('still here')]);
    equal(text(await readExactly(far.stream, 10)), 'still here', 'bytes');
  }),
  on('ends the iteration when the listener closes', async ({ listener }) => {
    const next = listener[Symbol.asyncIterator]().next();
    await listener.close();
    equal((await next).done, true, 'end of the iteration that waited');
    equal((await listener[Symbol.asyncIterator]().next()).done, true, 'end of a later iteration');
  }),
  on('rejects an aborted connect with the reason', async ({ listener, subject }) => {
    const reason = new Error('changed my mind');
    const signal = AbortSignal.abort(reason);
    const request = connectRequest({ target: listener.address, signal });
    equal(await rejectionOf(subject.connector.serve(request), 'aborted connect'), reason, 'reason');
  }),
];

interface Stage {
  readonly subject: ConnectorSubject;
  readonly listener: Listener;
  connect(target: Address): Promise<Connection>;
  accept(): Promise<Connection>;
}

function on(name: string, body: (stage: Stage) => Promise<void>): ConformanceCase<ConnectorSubject> {
  return {
    name,
    async run(subject) {
      const opened: Connection[] = [];
      const listener = await subject.listen();
      const accepting = listener[Symbol.asyncIterator]();
      const keep = (connection: Connection): Connection => {
        opened.push(connection);
        return connection;
      };
      try {
        await body({
          subject,
          listener,
          connect: async (target) => keep(await subject.connector.serve(connectRequest({ target }))),
          async accept() {
            const { value, done } = await accepting.next();
            if (done === true) throw new Error('the listener closed');
            return keep(value);
          },
        });
      } finally {
        await listener.close();
        for (const connection of opened) connection.stream.destroy();
        await Promise.all(opened.map((connection) => connection.stream.closed));
      }
    },
  };
}
