// What `stack` infers of layers that hold calls back, repeat them or end them early, and of those that may not be there; and what must
// not compile. Checked by the type checker, never run.
import type { Service } from '@lamella/service-core';
import { stack } from '@lamella/service-core';
import type { Equal, Request, Response, Wire } from '../test/support/stack-types.ts';
import { app, counting, httpServer, isOn, isTrue, plain, wire } from '../test/support/stack-types.ts';
import type { CallResult, RetryPolicy } from './index.ts';
import {
  abortableLayer,
  ConnectionAborter,
  circuitBreakerLayer,
  concurrencyLimitLayer,
  countInputLayer,
  eitherLayer,
  eitherService,
  hedgeLayer,
  loadShedLayer,
  noopLayer,
  optionalLayer,
  RequestAborter,
  rateLimitLayer,
  retryLayer,
  shadowLayer,
  singleFlightLayer,
  timeoutLayer,
  traceLayer,
} from './index.ts';

const timeout = timeoutLayer({ timeoutMs: 250 });
const limit = concurrencyLimitLayer({ maxConcurrent: 10 });
const trace = traceLayer({ onEnd: ({ durationMs }) => void durationMs });

const retriedByAnyPolicy = stack(timeout, retryLayer({ policy: { decide: () => undefined } }), limit, app);
isTrue<Equal<typeof retriedByAnyPolicy, Service<Request, Response>>>();

declare const replay: RetryPolicy<Request, Response, Request>;
const retriedByOwnPolicy = stack(trace, retryLayer({ policy: replay }), timeout, app);
isTrue<Equal<typeof retriedByOwnPolicy, Service<Request, Response>>>();

declare const replayAnything: RetryPolicy<unknown, Response, Request>;
const retriedByWiderPolicy = stack(limit, retryLayer({ policy: replayAnything }), retryLayer({ policy: replay }), app);
isTrue<Equal<typeof retriedByWiderPolicy, Service<Request, Response>>>();

const hedge = hedgeLayer({ isSafe: (request: Request) => request.method === 'GET', delayMs: 50 });
const flights = singleFlightLayer({ key: (request: Request) => request.method });
const breaker = circuitBreakerLayer();
const rate = rateLimitLayer({ ratePerSecond: 10, key: (request: Request) => request.method });
const shed = loadShedLayer({ maxConcurrent: 10 });
const count = countInputLayer();
const resilient = stack(
  count,
  shed,
  rate,
  flights,
  hedge,
  breaker,
  timeout,
  count,
  breaker,
  hedge,
  flights,
  rate,
  shed,
  app,
);
isTrue<Equal<typeof resilient, Service<Request, Response>>>();

const judged = stack(
  timeout,
  circuitBreakerLayer({
    isFailure: (result: CallResult<Response>) => result.outcome === 'error' || result.output.status >= 500,
  }),
  hedgeLayer({ isSafe: () => true, delayMs: 50, prepare: (request: Request) => request }),
  singleFlightLayer({ key: () => 'same', share: (response: Response): Response => ({ ...response }) }),
  concurrencyLimitLayer({
    maxConcurrent: 1,
    key: (request: Request) => request.method,
    onOutput: (response: Response, release): Response => {
      release();
      return response;
    },
  }),
  shadowLayer({ service: app, copy: (request: Request) => request.fork({}) }),
  app,
);
isTrue<Equal<typeof judged, Service<Request, Response>>>();

const optional = stack(
  trace,
  optionalLayer(isOn ? timeout : undefined),
  optionalLayer(undefined),
  eitherLayer(isOn, limit, rate),
  noopLayer(),
  abortableLayer(RequestAborter),
  app,
);
isTrue<Equal<typeof optional, Service<Request, Response>>>();

const droppable = stack(abortableLayer(ConnectionAborter), count, httpServer, abortableLayer(RequestAborter), app);
isTrue<Equal<typeof droppable, Service<Wire, void>>>();

const either = eitherService((request: Request) => request.method === 'GET', app, counting);
isTrue<Equal<typeof either, Service<Request, number | Response>>>();

// What does not compile.

// @ts-expect-error a connection can't be forked for an attempt
stack(retryLayer({ policy: { decide: () => undefined } }), wire);

declare const replayConnection: RetryPolicy<unknown, unknown, Wire>;
// @ts-expect-error the policy makes an input that the service does not take
stack(retryLayer({ policy: replayConnection }), timeout, app);

// @ts-expect-error the policy looks at another output than the service gives
stack(retryLayer({ policy: replay }), counting);

// @ts-expect-error a layer that is optional must keep the shape
stack(optionalLayer(isOn ? httpServer : undefined), app);

// @ts-expect-error both layers must fit
stack(eitherLayer(isOn, trace, timeout), plain);

// @ts-expect-error a connection takes no aborter of requests
stack(abortableLayer(RequestAborter), wire);

// @ts-expect-error a hedge needs an input that can be forked for an attempt
stack(hedgeLayer({ isSafe: () => true, delayMs: 1 }), wire);

// @ts-expect-error the shared output is another one than the service gives
stack(singleFlightLayer({ key: () => 'same', share: (response: Response) => response.status }), app);

// @ts-expect-error the held output is another one than the service gives
stack(concurrencyLimitLayer({ maxConcurrent: 1, onOutput: (response: Response) => response.status }), app);

// @ts-expect-error the key is that of another input
stack(rateLimitLayer({ ratePerSecond: 1, key: (connection: Wire) => String(connection.bytes) }), app);
