import type { AnyService, Service } from './service.ts';

/**
 * Composes layers around a service: the first part is the outermost, the last part is the service.
 *
 * @remarks
 * The types are evaluated from the right, as the layers are applied, so polymorphic layers, layers that
 * change the shape and long chains all infer. A layer that does not fit the service behind it is an
 * error at its own argument. Inside a generic function, where types are not known yet, nest by hand:
 * `outer(inner(service))`.
 *
 * @param parts - Zero or more layers, then one service.
 * @returns The composed service.
 *
 * @example
 * const shout: PolyLayer = (inner) => ({ serve: (input) => inner.serve(input) });
 * const service = stack(shout, serviceFn((text: string) => text.toUpperCase()));
 * await service.serve('hi'); // 'HI'
 */
export function stack<const Parts extends readonly [object, ...object[]]>(
  ...parts: Checked<Parts> extends Parts ? Parts : Checked<Parts>
): Stacked<Parts> {
  const [service, ...layers] = [...(parts as readonly unknown[])].reverse();
  // The signature has checked that each layer fits what the layers right of it make of the service.
  const composed = layers.reduce((inner, layer) => (layer as (inner: unknown) => unknown)(inner), service);
  return composed as Stacked<Parts>;
}

/** The type of the service that {@link stack} makes of `[layer, ..., service]`. */
export type Stacked<Parts extends readonly unknown[]> = Parts extends readonly [infer Only]
  ? Only
  : Parts extends readonly [infer First, ...infer Rest]
    ? Applied<First, Stacked<Rest>>
    : never;

/**
 * What {@link stack} accepts at each position: `Parts` itself when every layer fits, else the type that
 * the misfit should have had, so that the compiler reports it at its own argument.
 */
export type Checked<Parts extends readonly unknown[]> = Parts extends readonly [infer Only]
  ? [Only extends AnyService ? Only : AnyService]
  : Parts extends readonly [infer First, ...infer Rest]
    ? [CheckedLayer<First, Stacked<Rest>>, ...Checked<Rest>]
    : [];

/** The layer itself where it fits around `Inner`, else the signature that it should have. */
export type CheckedLayer<Candidate, Inner> = [Inner] extends [never]
  ? Candidate
  : [Applied<Candidate, Inner>] extends [never]
    ? (inner: Inner) => AnyService
    : Candidate;

/** The service that `Candidate` makes of `Inner`, or `never` when it does not fit. */
export type Applied<Candidate, Inner> =
  Inner extends Service<infer Input, infer Output>
    ? Candidate extends (inner: Service<Input, Output>) => Service<Input, Output>
      ? Service<Input, Output>
      : Candidate extends (inner: Service<Input, Output>) => Service<Input, infer NewOutput>
        ? Service<Input, NewOutput>
        : Candidate extends (inner: Service<Input, Output>) => Service<infer NewInput, Output>
          ? Service<NewInput, Output>
          : Candidate extends (inner: Service<Input, Output>) => Service<infer NewInput, infer NewOutput>
            ? Service<NewInput, NewOutput>
            : never
    : never;
