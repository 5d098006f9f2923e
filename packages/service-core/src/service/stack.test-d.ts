// What `stack` infers, and what must not compile. Checked by the type checker, never run.
import type { Scoped } from '../scope/scoped.ts';
import type { Layer, PolyLayer, ScopedLayer } from './layer.ts';
import type { Service } from './service.ts';
import { stack } from './stack.ts';

interface Request extends Scoped<Request, 'request'> {
  readonly method: string;
}
interface Response {
  readonly status: number;
}
interface Wire extends Scoped<Wire, 'connection'> {
  readonly bytes: Uint8Array;
}

declare const app: Service<Request, Response>;
declare const wireService: Service<Wire, void>;
declare const plain: Service<string, string>;
declare const httpServer: Layer<Request, Response, Wire, void>;
declare const tlsAccept: Layer<Wire, void>;
declare const timeout: ScopedLayer;
declare const trace: PolyLayer;
declare function mapOutput<A, B>(map: (output: A) => B): <I>(inner: Service<I, A>) => Service<I, B>;
declare function mapInput<A, B>(map: (input: B) => A): <O>(inner: Service<A, O>) => Service<B, O>;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function isTrue<Holds extends true>(): Holds;

const alone = stack(app);
isTrue<Equal<typeof alone, Service<Request, Response>>>();

const polymorphic = stack(trace, timeout, trace, app);
isTrue<Equal<typeof polymorphic, Service<Request, Response>>>();

const whole = stack(timeout, tlsAccept, trace, httpServer, timeout, trace, app);
isTrue<Equal<typeof whole, Service<Wire, void>>>();

const mappedOutput = stack(
  trace,
  mapOutput((response: Response) => response.status),
  timeout,
  app,
);
isTrue<Equal<typeof mappedOutput, Service<Request, number>>>();

const mappedInput = stack(
  trace,
  mapInput((input: { readonly request: Request }) => input.request),
  timeout,
  app,
);
isTrue<Equal<typeof mappedInput, Service<{ readonly request: Request }, Response>>>();

const t = trace;
const long = stack(t, t, t, t, t, t, t, t, httpServer, t, t, t, t, t, t, t, t, t, t, app);
isTrue<Equal<typeof long, Service<Wire, void>>>();

// Inside a generic function the types are not known yet: nest by hand there.
export function both<Input extends Scoped<Input>, Output>(inner: Service<Input, Output>): Service<Input, Output> {
  return trace(timeout(inner));
}

stack(
  trace,
  httpServer,
  // @ts-expect-error the wrong order is an error at the layer that does not fit
  tlsAccept,
  timeout,
  app,
);

// @ts-expect-error a layer that needs another service inside
stack(httpServer, wireService);

// @ts-expect-error a timeout needs an input with a scope
stack(timeout, plain);

// @ts-expect-error the last part must be a service
stack(trace, timeout);

// @ts-expect-error an empty stack serves nothing
stack();

interface Narrow extends Request {
  readonly extra: 1;
}
// @ts-expect-error a service for narrower inputs does not pass for one of wider inputs
export const unsound: Service<Request, Response> = { serve: async (input: Narrow) => ({ status: input.extra }) };

class Narrowing {
  async serve(input: Narrow): Promise<Response> {
    return { status: input.extra };
  }
}
// @ts-expect-error and a class with a method does not smuggle it in
export const smuggled: Service<Request, Response> = new Narrowing();
