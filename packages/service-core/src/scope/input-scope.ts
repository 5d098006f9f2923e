import { AbortScope } from './abort-scope.ts';
import type { Scoped } from './scoped.ts';

/** An {@link AbortScope} below an input's own, with the input forked onto it. */
export class InputScope<Input extends Scoped<Input>> extends AbortScope {
  readonly #outer: Input;
  #input: Input | undefined;

  /** @param input - The input as the layer got it. */
  constructor(input: Input) {
    super(input.scope);
    this.#outer = input;
  }

  /** The input for the inner service: the same, with this narrower scope. */
  get input(): Input {
    this.#input ??= this.#outer.fork({ scope: this });
    return this.#input;
  }
}

/**
 * Opens a scope for what a layer asks of its inner service.
 *
 * @remarks
 * The layer passes `scope.input` on, may `abort` the scope, and must `close` it on every path.
 *
 * @param input - The input as the layer got it.
 * @returns A child of the input's scope.
 */
export function abortScope<Input extends Scoped<Input>>(input: Input): InputScope<Input> {
  return new InputScope(input);
}
