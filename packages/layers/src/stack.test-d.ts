// What `stack` infers of layers that look at what passes, or change it, and what must not compile. For the others see
// `resilient-stack.test-d.ts`. Checked by the type checker, never run.
import type { ExtensionKey, Matcher, PolyLayer, Scoped, Service } from '@lamella/service-core';
import { extensionKey, matcherFn, stack } from '@lamella/service-core';
import type { Equal, Request, Response, Wire } from '../test/support/stack-types.ts';
import { app, counting, httpServer, isTrue, Peer, plain, User, wire } from '../test/support/stack-types.ts';
import type { TraceEnd } from './index.ts';
import {
  addExtensionLayer,
  catchLayer,
  concurrencyLimitLayer,
  deriveExtensionLayer,
  hijackLayer,
  mapErrorLayer,
  mapInputLayer,
  mapOutputLayer,
  timeoutLayer,
  traceLayer,
} from './index.ts';

const Handler: ExtensionKey<() => string, 'request'> = extensionKey('layers-types/handler', { scope: 'request' });

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

// @ts-expect-error gauges are read only
limit.active = 0;
