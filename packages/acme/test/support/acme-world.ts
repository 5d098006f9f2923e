import type { AcmeClientOptions, AcmeStorage, HttpChallenges } from '@lamella/acme';
import { acmeClient, httpChallenges, memoryAcmeStorage } from '@lamella/acme';
import type { HttpRequest as Request } from '@lamella/http';
import { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { TestAcmeServer, TestAcmeServerOptions } from './acme-server.ts';
import { DIRECTORY_URL, testAcmeServer } from './acme-server.ts';

/** A client, the site that it gets certificates for, and a server, all in memory. */
export interface AcmeWorld {
  readonly clock: FakeClock;
  readonly server: TestAcmeServer;
  readonly storage: AcmeStorage;
  readonly challenges: HttpChallenges;
  /** The site as everybody sees it on port 80. */
  readonly site: Service<HttpRequest, HttpResponse>;
  /** Makes a client; the world's own options are the defaults. */
  client(options?: Partial<AcmeClientOptions>): ReturnType<typeof acmeClient>;
  /** Lets time pass until something is over. */
  during<Value>(work: Promise<Value>): Promise<Value>;
}

/** Makes an {@link AcmeWorld}. */
export async function acmeWorld(options: Partial<TestAcmeServerOptions> = {}): Promise<AcmeWorld> {
  const clock = new FakeClock({ epochMs: Date.UTC(2026, 0, 1) });
  const storage = memoryAcmeStorage();
  const challenges = httpChallenges();
  const site = stack(
    challenges.layer,
    serviceFn((_request: Request) => HttpResponse.text('the site')),
  );
  const server = await testAcmeServer({
    clock,
    async validate({ identifier, token, keyAuthorization }) {
      const target = `http://${identifier}/.well-known/acme-challenge/${token}`;
      const response = await site.serve(HttpRequest.from({ target }));
      return response.status === 200 && (await response.body.text()) === keyAuthorization;
    },
    ...options,
  });
  return {
    clock,
    server,
    storage,
    challenges,
    site,
    client: (own = {}) =>
      acmeClient({
        ...{ service: server, directoryUrl: DIRECTORY_URL, solvers: [challenges], storage, clock },
        requestTimeoutMs: Number.POSITIVE_INFINITY, // time passes only where something is waited for
        ...own,
      }),
    async during(work) {
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      work.then(over, over);
      while (!isOver) {
        await settle(1); // keys and signatures are made on other threads, and come when they come
        const { nextTimerMs = Number.POSITIVE_INFINITY } = clock;
        if (!isOver && nextTimerMs !== Number.POSITIVE_INFINITY) await clock.advanceAsync(nextTimerMs - clock.nowMs());
      }
      return work;
    },
  };
}
