import { HttpRequest, HttpResponse } from '@lamella/http';
import { ConnectError } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';

/** A server that says its name. */
export class FakeServer {
  readonly name: string;
  /** What it was asked. */
  readonly requests: HttpRequest[] = [];
  /** Whether nobody can connect to it. */
  isDown = false;
  /** What it answers, if not its name. */
  answer: ((request: HttpRequest) => HttpResponse | Promise<HttpResponse>) | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get url(): string {
    return `http://${this.name}`;
  }
}

/** Servers by host, and a client that reaches them without bytes in between. */
export class FakeServers {
  readonly #servers = new Map<string, FakeServer>();

  add(...names: readonly string[]): readonly FakeServer[] {
    return names.map((name) => {
      const server = new FakeServer(name);
      this.#servers.set(name, server);
      return server;
    });
  }

  readonly client: Service<HttpRequest, HttpResponse> = {
    serve: async (request) => {
      const server = this.#servers.get(request.parsedTarget.authority ?? '');
      if (server === undefined || server.isDown) {
        throw new ConnectError('LML_ERR_CONNECT_REFUSED', `connect to ${request.target}: refused`, {
          phase: 'connect',
          domain: 'transport',
          facts: { retryable: true },
        });
      }
      server.requests.push(request);
      return server.answer?.(request) ?? HttpResponse.text(server.name);
    },
  };
}

/** Asks a service for something, as a proxy does, and reads the whole answer. */
export async function ask(
  service: Service<HttpRequest, HttpResponse>,
  init: Partial<Parameters<typeof HttpRequest.from>[0]> = {},
): Promise<{ readonly status: number; readonly body: string; readonly response: HttpResponse }> {
  const response = await service.serve(HttpRequest.from({ target: 'http://api/', ...init }));
  return { status: response.status, body: await response.body.text(), response };
}
