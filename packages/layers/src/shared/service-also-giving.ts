import type { Service } from '@lamella/service-core';

/**
 * A service whose outputs include `Extra`; one whose outputs do not is no argument of this type.
 *
 * @remarks
 * For layers that answer in the place of the inner service. Their output is then the inner service's own type, which
 * `stack` infers; a union with `Extra` it could not.
 */
export type ServiceAlsoGiving<Input, Output, Extra> = Service<Input, Output> &
  ([Extra] extends [Output] ? unknown : OutputMustInclude<Extra>);

/** What the compiler says of a service whose outputs do not include `Extra`. No service has this property. */
export interface OutputMustInclude<out Extra> {
  /** The output that the inner service lacks. */
  readonly outputMustInclude: Extra;
}
