import { HttpRequest } from '@lamella/http';
import type { Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Failure } from './failure-world.ts';
import { silence } from './failure-world.ts';

const connect = { layer: 'memory', phase: 'connect', retryable: true } as const;
const resolve = { layer: 'memory', phase: 'resolve' } as const;
const queue = { layer: 'http-pool', phase: 'queue', retryable: true, tells: 'http://origin.test:80' } as const;

/** Calls that get no connection. */
export const connectFailures: readonly Failure[] = [
  {
    ...connect,
    name: 'nobody listens',
    code: 'LML_ERR_CONNECT_REFUSED',
    tells: 'origin.test:81',
    induce: (world) => world.ask({ target: 'http://origin.test:81/' }),
  },
  {
    ...connect,
    name: 'nobody listens, for a plain stream',
    code: 'LML_ERR_CONNECT_REFUSED',
    tells: 'origin.test:81',
    induce: (world) => world.connect('origin.test:81'),
  },
  {
    ...connect,
    name: 'nobody listens on a Unix socket',
    code: 'LML_ERR_CONNECT_REFUSED',
    tells: 'unix:/run/none.sock',
    induce: (world) => world.connect('unix:/run/none.sock'),
  },
  {
    ...connect,
    name: 'there is no route',
    code: 'LML_ERR_CONNECT_UNREACHABLE',
    tells: 'origin.test:80',
    induce(world) {
      world.network.unreachable('origin.test');
      return world.ask();
    },
  },
  {
    ...connect,
    name: 'the connect gets no answer',
    code: 'LML_ERR_CONNECT_TIMEOUT',
    tells: 'origin.test:80',
    induce(world) {
      world.network.blackHole('origin.test');
      return world.ask();
    },
  },
  {
    ...resolve,
    name: 'the name does not exist',
    code: 'LML_ERR_CONNECT_NAME_NOT_FOUND',
    retryable: false,
    tells: 'no.test',
    induce: (world) => world.ask({ target: 'http://no.test/' }, world.clientWithNames()),
  },
  {
    ...resolve,
    name: 'nobody can be asked for the name',
    code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
    retryable: true,
    tells: 'broken.test',
    induce(world) {
      world.network.setName('broken.test', 'lookup-failed');
      return world.ask({ target: 'http://broken.test/' }, world.clientWithNames());
    },
  },
  {
    name: 'all addresses of the name refuse',
    code: 'LML_ERR_CONNECT_ALL_FAILED',
    layer: 'tcp',
    phase: 'connect',
    retryable: true,
    tells: 'two.test:80',
    induce(world) {
      world.network.setName('two.test', ['10.0.0.8', '10.0.0.9']);
      return world.ask({ target: 'http://two.test/' }, world.clientWithNames());
    },
  },
  {
    name: 'every new connection is dead on arrival',
    code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
    layer: 'http-pool',
    phase: 'connect',
    retryable: true,
    tells: 'http://origin.test:80',
    induce: (world) => world.ask({}, world.client({ connector: deadConnector })),
  },
  {
    ...queue,
    name: 'too many wait for a connection',
    code: 'LML_ERR_LIMIT',
    induce(world) {
      world.onRequest = silence;
      const client = world.client({ maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 0 });
      client.serve(HttpRequest.from({ target: 'http://origin.test/' })).catch(silence);
      return world.ask({}, client);
    },
  },
  {
    ...queue,
    name: 'the wait for a connection is too long',
    code: 'LML_ERR_TIMEOUT',
    induce(world) {
      world.onRequest = silence;
      const client = world.client({ maxConnectionsPerOrigin: 1, acquireTimeoutMs: 50 });
      client.serve(HttpRequest.from({ target: 'http://origin.test/' })).catch(silence);
      return world.ask({}, client);
    },
  },
];

const deadConnector: Connector = {
  async serve() {
    const [near, far] = memoryPipe();
    near.destroy();
    far.destroy();
    return createConnection(near);
  },
};
