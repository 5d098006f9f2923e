import { isLamellaError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { HttpClient, HttpResponse } from '../../../src/index.ts';
import { createHttpClient, HttpRequest, http1 } from '../../../src/index.ts';
import { textOf } from '../../support/codec.ts';
import type { ScriptedServer, ServerEnd } from '../../support/scripted-server.ts';
import { scriptedServer } from '../../support/scripted-server.ts';
import type { BadResponse } from './bad-input.ts';

/** What the caller of a client got for one response. */
export interface ClientOutcome {
  /** Code of the error; `undefined` if there was none. */
  readonly code: string | undefined;
  readonly status: number | undefined;
  /** What could be read. */
  readonly body: string;
}

/** A client, and a server that the test plays: one connection for each response that the client must not trust. */
export class ClientStage {
  readonly clock: FakeClock = new FakeClock();
  readonly #server: ScriptedServer = scriptedServer(this.clock);
  readonly client: HttpClient = createHttpClient({
    connector: this.#server.connector,
    protocols: [http1()],
    clock: this.clock,
  });

  /** Connections that the client has opened so far. */
  get connectionCount(): number {
    return this.#server.connections.length;
  }

  /** Asks by `method`, and answers with the parts, one after the other, on a connection of their own. */
  async run(
    parts: readonly Uint8Array[],
    { method = 'GET', ending }: Pick<BadResponse, 'method' | 'ending'>,
  ): Promise<ClientOutcome> {
    const outcome = outcomeOf(this.client.serve(requestBy(method)));
    const origin = await this.#accept();
    for (const part of parts) {
      void origin.stream.write([part]);
      await settle(1);
    }
    if (ending === 'end') void origin.stream.closeWrite();
    if (ending === 'reset') origin.stream.destroy(new Error('the test resets'));
    const result = await outcome;
    await settle(2);
    origin.stream.destroy();
    return result;
  }

  /** Asks, and gets a good answer, on a fresh connection. */
  async runGood(): Promise<ClientOutcome> {
    const outcome = outcomeOf(this.client.serve(requestBy('GET')));
    (await this.#accept()).send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    return outcome;
  }

  /** Sends text on the connection that {@link runGood} has left idle. */
  async disturb(parts: readonly Uint8Array[]): Promise<void> {
    const origin = this.#server.connections.at(-1);
    for (const part of parts) {
      void origin?.stream.write([part]);
      await settle(1);
    }
    await settle(2);
  }

  /** Ends what is left. */
  end(): void {
    this.client.destroy();
    for (const { stream } of this.#server.connections) stream.destroy();
  }

  async #accept(): Promise<ServerEnd> {
    const origin = await this.#server.accept();
    await origin.receive('\r\n\r\n');
    return origin;
  }
}

function requestBy(method: BadResponse['method']): HttpRequest {
  if (method === 'CONNECT') return HttpRequest.from({ method, target: 'a.test:443' });
  const target = 'http://a.test/';
  if (method !== 'upgrade') return HttpRequest.from({ target, method: method ?? 'GET' });
  return HttpRequest.from({ target, headers: { Connection: 'Upgrade', Upgrade: 'other' } });
}

async function outcomeOf(answer: Promise<HttpResponse>): Promise<ClientOutcome> {
  let body = '';
  let status: number | undefined;
  try {
    const response = await answer;
    status = response.status;
    const { upgraded } = response;
    const source = upgraded === undefined ? response.body : upgraded.stream;
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) body += textOf(chunk);
    upgraded?.stream.destroy();
    return { code: undefined, status, body };
  } catch (error) {
    return { code: isLamellaError(error) ? error.code : String(error), status, body };
  }
}
