import type { HttpClient } from '@lamella/http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import type { ByteStream, Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { forwardProxyService, reverseProxyService } from '../../../src/index.ts';
import { WireEnd } from '../../support/wire-end.ts';
import type { ProxyKind } from './proxy-case.ts';

/** What a client has seen of one connection to a proxy. */
export interface ClientSide {
  /** Every byte that it got. */
  readonly answers: string;
  readonly end: 'closed' | 'kept' | 'reset';
}

/** A proxy in memory, between clients that send what they like and an origin of the test. */
export class ProxyStage {
  readonly clock: FakeClock = new FakeClock();
  /** What the server of the proxy reported: never the fault of a peer. */
  readonly errors: unknown[] = [];
  readonly client: HttpClient;
  readonly #server;

  /** @param accept - Takes each connection that the proxy opens. */
  constructor(kind: ProxyKind, accept: (stream: ByteStream) => void) {
    const { clock, errors } = this;
    const connector: Connector = {
      async serve() {
        const [near, far] = memoryPipe({ clock });
        accept(far);
        return createConnection(near);
      },
    };
    this.client = createHttpClient({ connector, protocols: [http1()], clock });
    const common = { client: this.client, pseudonym: 'test-proxy', relay: { clock } };
    const service =
      kind === 'forward'
        ? forwardProxyService({ ...common, connector })
        : reverseProxyService({ ...common, forwarded: 'none', routes: [{ to: 'http://origin.test' }] });
    this.#server = httpServerLayer({ clock, onError: (error) => errors.push(error) })(service);
  }

  /**
   * Sends the parts one after the other on a connection of their own, and ends it.
   *
   * @param answered - What to wait for before the connection ends. Default: nothing that takes time.
   */
  async run(parts: readonly Uint8Array[], ending?: 'end' | 'reset', answered?: Promise<void>): Promise<ClientSide> {
    const [near, far] = memoryPipe({ clock: this.clock });
    const served = this.#server.serve(createConnection(far));
    const end = new WireEnd(near);
    for (const part of parts) {
      void near.write([part]);
      await settle(parts.length > 2 ? 1 : 4);
    }
    if (ending === 'end') end.end();
    if (ending === 'reset') end.reset();
    await answered;
    const answers = await end.take();
    const how = ending !== 'reset' && end.ended === 'reset' ? 'reset' : end.ended === 'end' ? 'closed' : 'kept';
    near.destroy(new Error('the test is over')); // a client that is gone is waited for by nobody
    await served;
    await settle(2);
    return { answers, end: how };
  }

  /** Ends what the proxy keeps open. */
  async close(): Promise<void> {
    this.client.destroy();
    await settle(4);
  }
}

/** The input for a kind of proxy. */
export function inputFor(kind: ProxyKind, input: string): string {
  return input.replaceAll(' @/', kind === 'forward' ? ' http://origin.test/' : ' /');
}
