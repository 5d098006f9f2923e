import { FakeClock } from '@lamella/service-core/testing';
import type { Http1Options, HttpClient, HttpClientOptions, HttpRequestInit } from '../../src/index.ts';
import { createHttpClient, HttpRequest, http1 } from '../../src/index.ts';
import type { ScriptedServer } from './scripted-server.ts';
import { scriptedServer } from './scripted-server.ts';

/** The smallest response with a body. */
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A client, the server that the test plays for it, and their clock. */
export interface ScriptedClient {
  readonly client: HttpClient;
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
}

/** Makes clients, and destroys them with what they have opened when the test is over. */
export interface ScriptedClients {
  readonly setup: (options?: Partial<HttpClientOptions>, protocol?: Http1Options) => ScriptedClient;
  /** What else is to be done then. */
  readonly cleanups: (() => void)[];
}

export function scriptedClients(hooks: { readonly afterEach: (run: () => void) => void }): ScriptedClients {
  const cleanups: (() => void)[] = [];
  hooks.afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  function setup(options: Partial<HttpClientOptions> = {}, protocol: Http1Options = {}): ScriptedClient {
    const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
    const server = scriptedServer(clock);
    const client = createHttpClient({ connector: server.connector, protocols: [http1(protocol)], clock, ...options });
    cleanups.push(() => {
      client.destroy();
      for (const { stream } of server.connections) stream.destroy();
    });
    return { client, server, clock };
  }
  return { setup, cleanups };
}

/** Makes a request. */
export function request(target: string, init: Omit<HttpRequestInit, 'target'> = {}): HttpRequest {
  return HttpRequest.from({ target, ...init });
}

/** One request and its answer, on a connection of its own that is idle afterwards. */
export async function warmUp(client: HttpClient, server: ScriptedServer, target = 'http://a.test/'): Promise<void> {
  const answer = client.serve(request(target));
  (await server.accept()).send(OK);
  await (await answer).body.bytes();
}
