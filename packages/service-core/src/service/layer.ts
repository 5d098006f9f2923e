import type { Scoped } from '../scope/scoped.ts';
import type { Service } from './service.ts';

/**
 * Wraps a service into another one, with fixed types: input and output may change on the way.
 *
 * @remarks
 * `Input` and `Output` are what the wrapped service shows to the outside; `InnerInput` and `InnerOutput`
 * are what it asks of the service inside.
 */
export interface Layer<InnerInput, InnerOutput, Input = InnerInput, Output = InnerOutput> {
  (inner: Service<InnerInput, InnerOutput>): Service<Input, Output>;
}

/**
 * A layer that keeps the shape of whatever it wraps.
 *
 * @remarks
 * The type parameters stand on the returned function, never on its factory: only so can
 * {@link stack} infer a chain of adjacent polymorphic layers.
 */
export interface PolyLayer {
  <Input, Output>(inner: Service<Input, Output>): Service<Input, Output>;
}

/** A layer that keeps the shape and needs an input with a signal, extensions and `fork`. */
export interface ScopedLayer {
  <Input extends Scoped<Input>, Output>(inner: Service<Input, Output>): Service<Input, Output>;
}
