import type { PolyLayer, Service } from '@lamella/service-core';

/** A layer that keeps the shape wherever `L` does; around other services it does not compile. */
export interface ShapeKeeping<L> {
  <Input, Output>(inner: ServiceKeptBy<Input, Output, L>): Service<Input, Output>;
}

/** A service whose shape `L` keeps. */
export type ServiceKeptBy<Input, Output, L> = Service<Input, Output> &
  ([L] extends [((inner: Service<Input, Output>) => Service<Input, Output>) | undefined] ? unknown : LayerMustKeep<L>);

/** What the compiler says of a service that `L` does not fit, or whose shape it changes. No service has this property. */
export interface LayerMustKeep<out L> {
  /** The layer. */
  readonly layerMustKeepShape: L;
}

/**
 * The layer, or nothing in its place: for layers that a setting turns on.
 *
 * @param layer - A layer that keeps the shape of the service inside; `undefined` stands for none.
 * @returns The same layer, or one that returns the service as it is, which costs nothing.
 * @throws Nothing.
 *
 * @example
 * const timeoutMs: number | undefined = undefined;
 * const service = stack(
 *   optionalLayer(timeoutMs === undefined ? undefined : timeoutLayer({ timeoutMs })),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function optionalLayer<L>(layer: L | undefined): ShapeKeeping<L> {
  // `ServiceKeptBy` has checked that the layer fits around each service that it is applied to.
  return (layer ?? noopLayer()) as ShapeKeeping<L>;
}

/**
 * A layer that does nothing: it returns the service as it is.
 *
 * @throws Nothing.
 *
 * @example
 * const service = serviceFn((text: string) => text.length);
 * noopLayer()(service) === service; // true
 *
 * @public
 */
export function noopLayer(): PolyLayer {
  return (inner) => inner;
}
