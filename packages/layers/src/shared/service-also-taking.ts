import type { Service } from '@lamella/service-core';

/**
 * A service whose inputs include `Extra`; one that does not take `Extra` is no argument of this type.
 *
 * @remarks
 * For layers that make inputs for the inner service. Their input is then the inner service's own type, which `stack`
 * infers.
 */
export type ServiceAlsoTaking<Input, Output, Extra> = Service<Input, Output> &
  ([Extra] extends [Input] ? unknown : InputMustInclude<Extra>);

/** What the compiler says of a service that does not take `Extra`. No service has this property. */
export interface InputMustInclude<out Extra> {
  /** The input that the inner service does not take. */
  readonly inputMustInclude: Extra;
}
