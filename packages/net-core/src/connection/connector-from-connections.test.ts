import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../address/address.ts';
import { memoryNetwork } from '../memory/memory-network.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger } from '../testing/ledger-check.ts';
import type { Connection } from './connection.ts';
import { createConnection } from './connection.ts';
import { connectRequest } from './connector.ts';
import { connectorFromConnections } from './connector-from-connections.ts';

checkLedger({ beforeEach, afterEach });

const target = parseAddress('any.test:1');
const connections: Connection[] = [];
afterEach(() => {
  for (const { stream } of connections.splice(0)) stream.destroy();
});

describe('connectorFromConnections', () => {
  it('gives each connection once, in order, and refuses when there are no more', async () => {
    const [first, second] = [open(), open()];
    const connector = connectorFromConnections([first, second]);
    const [a, b] = await Promise.all([ask(connector), ask(connector)]);
    expect([a === first, b === second]).toEqual([true, true]);
    await expect(ask(connector)).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
  });

  it('waits for a listener, and is over with it', async () => {
    const network = memoryNetwork();
    const listener = network.listen('app.test:1');
    const connector = connectorFromConnections(listener);
    const waiting = ask(connector);
    await settle();
    connections.push(await network.connector().serve(connectRequest({ target: parseAddress('app.test:1') })));
    connections.push(await waiting);
    const late = ask(connector);
    await settle();
    await listener.close();
    await expect(late).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
  });

  it.each([true, false])(
    'keeps what comes for a request that was given up, as long as it is open: %s',
    async (isOpen) => {
      const [first, second] = [open(), open()];
      const gate = Promise.withResolvers<void>();
      const connector = connectorFromConnections(
        (async function* () {
          await gate.promise;
          yield first;
          yield second;
        })(),
      );
      const controller = new AbortController();
      const given = ask(connector, controller.signal);
      await settle();
      controller.abort('enough');
      await expect(given).rejects.toBe('enough');
      gate.resolve();
      await settle();
      if (!isOpen) first.stream.destroy();
      await settle();
      expect((await ask(connector)) === (isOpen ? first : second)).toBe(true);
    },
  );

  it('leaves out what is over already, and passes on what the source fails with', async () => {
    const [gone, good] = [open(), open()];
    gone.stream.destroy();
    await gone.stream.closed;
    const failure = new Error('broken');
    const connector = connectorFromConnections(
      (async function* () {
        yield gone;
        yield good;
        throw failure;
      })(),
    );
    expect((await ask(connector)) === good).toBe(true);
    await expect(ask(connector)).rejects.toBe(failure);
  });

  it('takes nothing for a request that is aborted already', async () => {
    const connection = open();
    const connector = connectorFromConnections([connection]);
    await expect(ask(connector, AbortSignal.abort('before'))).rejects.toBe('before');
    expect((await ask(connector)) === connection).toBe(true);
  });
});

function ask(connector: ReturnType<typeof connectorFromConnections>, signal?: AbortSignal): Promise<Connection> {
  return connector.serve(connectRequest(signal === undefined ? { target } : { target, signal }));
}

function open(): Connection {
  const [near, far] = memoryPipe();
  connections.push(createConnection(far));
  const connection = createConnection(near);
  connections.push(connection);
  return connection;
}
