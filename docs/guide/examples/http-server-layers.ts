import type { HttpRequest as Request } from '@lamella/http';
import {
  AuthUser,
  accessLogLayer,
  basicAuthLayer,
  bodyLimitLayer,
  catchErrorLayer,
  compressionLayer,
  HttpRequest,
  HttpResponse,
  httpTimeoutLayer,
  normalizePathLayer,
  requestIdLayer,
} from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { serviceFn, stack } from '@lamella/service-core';

const log: { status?: number; user?: string; target?: string; outcome?: string }[] = [];
const server = stack(
  accessLogLayer({ write: (line) => log.push(JSON.parse(line)) }), // sees every answer, and the bytes that are sent
  requestIdLayer(),
  normalizePathLayer(), // before anything decides by path
  compressionLayer(),
  httpTimeoutLayer({ timeoutMs: 10_000 }),
  catchErrorLayer({ onError: () => {} }),
  basicAuthLayer({ users: [{ name: 'ann', password: 'secret' }] }), // before a body is read
  bodyLimitLayer({ maxBytes: 1_000_000 }),
  serviceFn(async ({ path, body, extensions }: Request) => {
    if (path === '/fail') throw new Error('the password of the database is hunter2');
    return HttpResponse.text(`${extensions.get(AuthUser)?.name} at ${path}: ${(await body.bytes()).length} bytes`);
  }),
);

const client = httpClientOn(server);
const Authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
const ask = async (target: string, headers: Record<string, string>, body = '') => {
  const request = HttpRequest.from({ method: 'POST', target: `http://app.test${target}`, headers, body });
  const response = await client.serve(request);
  console.log(response.status, (await response.body.text()).trim());
};
await ask('/a/%2e%2e//b', { Authorization }, 'content');
await ask('/b', {});
await ask('/b', { Authorization }, 'x'.repeat(1_000_001));
await ask('/fail?token=hunter2', { Authorization });
for (const { status, user, target, outcome } of log) console.log(status, user, target, outcome);
await client.close();
