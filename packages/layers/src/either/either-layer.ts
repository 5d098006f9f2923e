import type { Service } from '@lamella/service-core';
import type { ServiceKeptBy } from '../optional/optional-layer.ts';

/** A layer that keeps the shape wherever both of its layers do; around other services it does not compile. */
export interface EitherLayer<First, Second> {
  <Input, Output>(
    inner: ServiceKeptBy<Input, Output, First> & ServiceKeptBy<Input, Output, Second>,
  ): Service<Input, Output>;
}

/**
 * One of two layers, chosen once, when the stack is put together.
 *
 * @param isFirst - Which.
 * @param first - A layer that keeps the shape of the service inside.
 * @param second - Another one.
 * @returns The chosen layer. It fits around a service if both do.
 * @throws Nothing.
 *
 * @example
 * const isShared = false;
 * const service = stack(
 *   eitherLayer(isShared, concurrencyLimitLayer({ maxConcurrent: 1 }), rateLimitLayer({ ratePerSecond: 100 })),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function eitherLayer<First, Second>(isFirst: boolean, first: First, second: Second): EitherLayer<First, Second> {
  // `ServiceKeptBy` has checked for both that they fit around each service that the result is applied to.
  return (isFirst ? first : second) as EitherLayer<First, Second>;
}
