import type { AbortCause } from '@lamella/http';

/** A cause whose error is made when somebody looks at it: to note where an error was made costs more than all else that a reset does. */
export class LaterCause implements AbortCause {
  readonly #make: () => unknown;
  #made: { readonly reason: unknown } | undefined;

  constructor(make: () => unknown) {
    this.#make = make;
  }

  get reason(): unknown {
    this.#made ??= { reason: this.#make() };
    return this.#made.reason;
  }
}
