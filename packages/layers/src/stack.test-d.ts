// What `stack` infers of the layers of this package, and what must not compile. Checked by the type checker, never run.
import type { ExtensionKey, Layer, Matcher, PolyLayer, Scoped, Service } from '@lamella/service-core';
import { extensionKey, matcherFn, stack } from '@lamella/service-core';
import type { CallResult, RetryPolicy, TraceEnd } from './index.ts';
import {
  abortableLayer,
  addExtensionLayer,
  ConnectionAborter,
  catchLayer,
  circuitBreakerLayer,
  concurrencyLimitLayer,
  countInputLayer,
  deriveExtensionLayer,
  eitherLayer,
  eitherService,
  hedgeLayer,
  hijackLayer,
  loadShedLayer,
  mapErrorLayer,
  mapInputLayer,
  mapOutputLayer,
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

interface Request extends Scoped<Request, 'request'> {
  readonly method: string;
}
interface Response {
  readonly status: number;
}
interface Wire extends Scoped<Wire, 'connection'> {
  readonly bytes: Uint8Array;
}

const User: ExtensionKey<string, 'request'> = extensionKey('layers-types/user', { scope: 'request' });
const Peer: ExtensionKey<string, 'connection'> = extensionKey('layers-types/peer', { scope: 'connection' });
const Handler: ExtensionKey<() => string, 'request'> = extensionKey('layers-types/handler', { scope: 'request' });

declare const app: Service<Request, Response>;
declare const wire: Service<Wire, void>;
declare const plain: Service<string, number>;
declare const httpServer: Layer<Request, Response, Wire, void>;
declare const counting: Service<Request, number>;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function isTrue<Holds extends true>(): Holds;

const timeout = timeoutLayer({ timeoutMs: 250 });
const limit = concurrencyLimitLayer({ maxConcurrent: 10 });
const trace = traceLayer({ onEnd: ({ durationMs }) => void durationMs });
const mapError = mapErrorLayer((error) => error);

// Each next to others, on both sides.

const limited = stack(trace, limit, timeout, limit, trace, app);
isTrue<Equal<typeof limited, Service<Request, Response>>>();
export const gauges: number = limit.active + limit.queued;

const server = stack(timeout, limit, trace, mapError, httpServer, timeout, limit, trace, mapError, app);
isTrue<Equal<typeof server, Service<Wire, void>>>();

const unscoped = stack(trace, mapError, trace, plain);
isTrue<Equal<typeof unscoped, Service<string, number>>>();

const inputMapped = stack(
  trace,
  mapInputLayer((wrapped: { readonly request: Request }) => wrapped.request),
  timeout,
  app,
);
isTrue<Equal<typeof inputMapped, Service<{ readonly request: Request }, Response>>>();

const inputKept = stack(
  timeout,
  mapInputLayer((request: Request) => request.fork({})),
  limit,
  app,
);
isTrue<Equal<typeof inputKept, Service<Request, Response>>>();

const outputMapped = stack(
  timeout,
  mapOutputLayer((response: Response) => response.status),
  limit,
  app,
);
isTrue<Equal<typeof outputMapped, Service<Request, number>>>();

const outputMappedLater = stack(
  trace,
  mapOutputLayer(async (response: Response) => [response.status]),
  mapError,
  app,
);
isTrue<Equal<typeof outputMappedLater, Service<Request, number[]>>>();

const bothMapped = stack(
  mapOutputLayer((status: number) => String(status)),
  mapInputLayer((wrapped: { readonly request: Request }) => wrapped.request),
  mapOutputLayer((response: Response) => response.status),
  app,
);
isTrue<Equal<typeof bothMapped, Service<{ readonly request: Request }, string>>>();

const caught = stack(
  timeout,
  catchLayer(() => ({ status: 500 })),
  limit,
  app,
);
isTrue<Equal<typeof caught, Service<Request, Response>>>();

const caughtByInput = stack(
  trace,
  catchLayer(async (error, request: Request) => ({ status: request.method === 'GET' && error ? 503 : 500 })),
  timeout,
  app,
);
isTrue<Equal<typeof caughtByInput, Service<Request, Response>>>();

const rethrown = stack(
  trace,
  catchLayer((error) => {
    throw error;
  }),
  timeout,
  app,
);
isTrue<Equal<typeof rethrown, Service<Request, Response>>>();

declare const maybe: Service<Request, Response | undefined>;
const caughtInUnion = stack(
  trace,
  catchLayer(() => undefined),
  timeout,
  maybe,
);
isTrue<Equal<typeof caughtInUnion, Service<Request, Response | undefined>>>();

const widened = stack(
  catchLayer(() => undefined),
  mapOutputLayer((response: Response): Response | undefined => response),
  app,
);
isTrue<Equal<typeof widened, Service<Request, Response | undefined>>>();

const byHand = catchLayer((_error, request: Request) => ({ status: request.method.length }))(app);
isTrue<Equal<typeof byHand, Service<Request, Response>>>();

const isPost = matcherFn((request: Request) => request.method === 'POST');
const hijacked = stack(timeout, hijackLayer(isPost, app), limit, app);
isTrue<Equal<typeof hijacked, Service<Request, Response>>>();

interface CachedResponse extends Response {
  readonly ageMs: number;
}
declare const cache: Service<Request, CachedResponse>;
const hijackedByNarrower = stack(trace, hijackLayer(isPost, cache), timeout, app);
isTrue<Equal<typeof hijackedByNarrower, Service<Request, Response>>>();

declare const byVerb: Matcher<{ readonly method: string }, { readonly verb: string }>;
const hijackedByPart = stack(
  timeout,
  hijackLayer(byVerb, app, { onMatch: (request, { verb }) => request.extensions.insert(User, verb) }),
  trace,
  app,
);
isTrue<Equal<typeof hijackedByPart, Service<Request, Response>>>();

const extended = stack(timeout, addExtensionLayer(User, 'ann'), limit, app);
isTrue<Equal<typeof extended, Service<Request, Response>>>();

const extendedOnBoth = stack(addExtensionLayer(Peer, 'peer'), httpServer, addExtensionLayer(User, 'ann'), trace, app);
isTrue<Equal<typeof extendedOnBoth, Service<Wire, void>>>();

const derived = stack(
  timeout,
  deriveExtensionLayer(User, (request: Request) => request.method),
  deriveExtensionLayer(User, () => undefined),
  addExtensionLayer(Handler, () => 'a function is a value'),
  limit,
  app,
);
isTrue<Equal<typeof derived, Service<Request, Response>>>();

const tracedByType = stack(
  timeout,
  traceLayer({
    onStart: ({ input }: { readonly input: Request }) => void input.method,
    onEnd: (end: TraceEnd<Request, Response>) => {
      if (end.outcome === 'ok') void end.output.status;
      else void end.error;
    },
  }),
  limit,
  app,
);
isTrue<Equal<typeof tracedByType, Service<Request, Response>>>();
isTrue<Equal<ReturnType<typeof mapErrorLayer>, PolyLayer>>();

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

declare const isOn: boolean;
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

const everything = stack(
  timeout,
  limit,
  trace,
  mapError,
  catchLayer(() => ({ status: 500 })),
  mapInputLayer((request: Request) => request),
  mapOutputLayer((response: Response) => response),
  hijackLayer(isPost, app),
  addExtensionLayer(User, 'ann'),
  deriveExtensionLayer(User, (request: Request) => request.method),
  app,
);
isTrue<Equal<typeof everything, Service<Request, Response>>>();

// Inside a generic function: nested by hand.
export function guarded<Input extends Scoped<Input>, Output>(inner: Service<Input, Output>): Service<Input, Output> {
  return trace(timeout(limit(mapError(inner))));
}

// What does not compile.

// @ts-expect-error a timeout needs an input with a scope
stack(trace, timeout, plain);

// @ts-expect-error and so does a limit with a queue
stack(trace, limit, plain);

// @ts-expect-error a connection takes no keys of requests
stack(timeout, addExtensionLayer(User, 'ann'), wire);

// @ts-expect-error a request takes no keys of connections
stack(timeout, addExtensionLayer(Peer, 'peer'), limit, app);

// @ts-expect-error an input without extensions takes no keys at all
stack(addExtensionLayer(User, 'ann'), plain);

// @ts-expect-error a value of the wrong type
addExtensionLayer(User, 3);

stack(
  // @ts-expect-error the value is not derived from this input
  deriveExtensionLayer(Peer, (connection: Wire) => String(connection.bytes)),
  app,
);

// @ts-expect-error a derived value of the wrong type
deriveExtensionLayer(User, () => 3);

stack(
  // @ts-expect-error the map makes another input than the service takes
  mapInputLayer((text: string) => text.length),
  timeout,
  app,
);

stack(
  // @ts-expect-error an asynchronous map of inputs
  mapInputLayer(async (request: Request) => request),
  app,
);

stack(
  timeout,
  // @ts-expect-error the map takes another output than the service gives
  mapOutputLayer((text: string) => text.length),
  app,
);

stack(
  timeout,
  // @ts-expect-error the handler takes another input than the service
  catchLayer((_error, connection: Wire) => ({ status: connection.bytes.length })),
  app,
);

stack(
  timeout,
  // @ts-expect-error the handler gives something that the service does not
  catchLayer(() => undefined),
  limit,
  app,
);

// @ts-expect-error the other service gives something that the inner one does not
stack(timeout, hijackLayer(isPost, counting), limit, app);

// @ts-expect-error the matcher and its service take another input
stack(timeout, hijackLayer(isPost, app), wire);

// @ts-expect-error the matcher takes another input than its service
hijackLayer(isPost, wire);

// @ts-expect-error the hook takes another output than the service gives
stack(timeout, traceLayer({ onEnd: (end: TraceEnd<Request, string>) => void end }), app);

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

// @ts-expect-error gauges are read only
limit.active = 0;
