import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** A service behind which another one can be put; see {@link swappableService}. */
export interface SwappableService<Input, Output> extends Service<Input, Output> {
  /** The service that new calls go to. */
  readonly current: Service<Input, Output>;
  /**
   * Sends all calls from now on to `next`.
   *
   * @returns Resolves when the calls that the former service has got by this have settled. Never rejects.
   * @throws UsageError if `next` is no service; nothing changes then.
   */
  readonly swap: (next: Service<Input, Output>) => Promise<void>;
}

/**
 * A service that can be put in the place of another one while calls go on, such as a new table of routes.
 *
 * @remarks
 * A call belongs to the service that was there when it came, to its end; no call is held back, refused or moved. What streams on after a call
 * has settled, such as a body, is not waited for: close what that needs by a close that waits itself, as `balancer().close()` does.
 *
 * A call costs one reaction to the inner promise.
 *
 * @throws UsageError if `first` is no service. The service rejects with what the service of the call rejects with.
 *
 * @example
 * const service = swappableService(serviceFn(async (input: string) => `old ${input}`));
 * const call = service.serve('call');
 * await service.swap(serviceFn(async (input: string) => `new ${input}`));
 * await call; // 'old call'
 * await service.serve('call'); // 'new call'
 *
 * @public
 */
export function swappableService<Input, Output>(first: Service<Input, Output>): SwappableService<Input, Output> {
  let now = new Reign(first);
  return {
    get current() {
      return now.service;
    },
    serve: (input) => now.serve(input),
    swap(next) {
      const former = now;
      now = new Reign(next);
      return former.end();
    },
  };
}

/** A service, for as long as calls go to it, and those calls. */
class Reign<Input, Output> {
  readonly service: Service<Input, Output>;
  #active = 0;
  #onEmpty: (() => void) | undefined;

  constructor(service: Service<Input, Output>) {
    if (typeof service?.serve !== 'function') throw new UsageError('a service must have a function serve');
    this.service = service;
  }

  serve(input: Input): Promise<Output> {
    this.#active++;
    try {
      return this.service.serve(input).then(this.#afterOutput, this.#afterError);
    } catch (error) {
      this.#release();
      return Promise.reject(error);
    }
  }

  /** Resolves when nothing is under way; called once, when no more calls come. */
  end(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  readonly #afterOutput = (output: Output): Output => {
    this.#release();
    return output;
  };

  readonly #afterError = (error: unknown): never => {
    this.#release();
    throw error;
  };

  #release(): void {
    this.#active--;
    if (this.#active === 0) this.#onEmpty?.();
  }
}
