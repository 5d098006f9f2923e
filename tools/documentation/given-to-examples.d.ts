// What examples of our documentation may take as given: a place to connect from and to, an application, a test runner.

import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Connector, Listener } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';

declare global {
  const connector: Connector;
  const listener: Listener;
  const app: Service<HttpRequest, HttpResponse>;

  const it: typeof import('vitest')['it'];
  const beforeEach: typeof import('vitest')['beforeEach'];
  const afterEach: typeof import('vitest')['afterEach'];
}
