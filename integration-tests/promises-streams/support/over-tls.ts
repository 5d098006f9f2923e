import type { Connection, Connector, Listener } from '@lamella/net-core';
import { AcceptQueue, connectRequest, createConnection } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import type { Places } from './places.ts';

/** Puts TLS around every connection of a network, dialled or accepted; whatever runs there does not know it. */
export function overTls(inner: Places): Places {
  return {
    async listen(name) {
      const { accepting } = await layers();
      return securedListener(await inner.listen(name), accepting);
    },
    connector: {
      async serve(request) {
        const { connecting } = await layers();
        const { target, scope, extensions } = request;
        const secured = connectRequest({ target, scope, extensions, secure: true });
        return veiled(await connecting(inner.connector).serve(secured));
      },
    },
    close: () => inner.close(),
  };
}

interface Layers {
  readonly accepting: Layer<Connection, void>;
  readonly connecting: Layer<Parameters<Connector['serve']>[0], Connection>;
}

let made: Promise<Layers> | undefined;

/** One authority for all tests of a file: keys take a while to make. */
function layers(): Promise<Layers> {
  made ??= makeLayers();
  return made;
}

async function makeLayers(): Promise<Layers> {
  const authority = await certificateAuthority({ subject: { commonName: 'Tests of promises' } });
  const certificate = await authority.issue({ names: NAMES });
  return {
    accepting: tlsAcceptLayer({ certificates: certificate }),
    // A session that goes on from an earlier one is the same for all that is looked at here.
    connecting: tlsConnectLayer({ roots: authority.cert }),
  };
}

/** Nothing on it tells that there is TLS: else what asks for `http:` would be at the wrong place. */
function veiled({ stream, scope }: Connection): Connection {
  return createConnection(stream, { scope });
}

/** Connections come out when their handshake is done, in whatever order; those whose handshake fails don't. */
function securedListener(inner: Listener, accepting: Layer<Connection, void>): Listener {
  const queue = new AcceptQueue();
  const secure = accepting({ serve: async (connection) => queue.push(veiled(connection)) });
  void (async () => {
    for await (const connection of inner) secure.serve(connection).catch(() => {}); // its client hears of it
    queue.close();
  })();
  return {
    address: inner.address,
    close: () => inner.close(),
    [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

/** Whatever stands on a stage. */
const NAMES = ['origin', 'peer', 'proxy', 'edge', 'relay'].map((name) => `${name}.test`);
