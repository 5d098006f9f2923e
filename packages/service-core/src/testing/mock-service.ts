import type { Service } from '../service/service.ts';

/** One call of a {@link MockService} that waits for its answer. */
export interface MockCall<Input, Output> {
  /** What the service was called with. */
  readonly input: Input;
  /** Fulfils the call. */
  respond(output: Output): void;
  /** Rejects the call. */
  reject(error: unknown): void;
}

/** A service whose answers the test gives. */
export interface MockService<Input, Output> extends Service<Input, Output> {
  /** Takes a call. @returns The oldest call that was not taken yet; waits for one if there is none. */
  readonly nextCall: () => Promise<MockCall<Input, Output>>;
  /** How often the service was called so far. */
  readonly callCount: number;
}

/**
 * Makes a service that the test plays: it sees each input, and answers when it wants.
 *
 * @example
 * const inner = mockService<string, string>();
 * const output = inner.serve('ping');
 * (await inner.nextCall()).respond('pong');
 * await output; // 'pong'
 */
export function mockService<Input, Output>(): MockService<Input, Output> {
  const calls: MockCall<Input, Output>[] = [];
  const takers: ((call: MockCall<Input, Output>) => void)[] = [];
  let callCount = 0;

  return {
    serve(input) {
      callCount++;
      const answer = Promise.withResolvers<Output>();
      const call = { input, respond: answer.resolve, reject: answer.reject };
      const take = takers.shift();
      if (take === undefined) calls.push(call);
      else take(call);
      return answer.promise;
    },
    nextCall() {
      const call = calls.shift();
      if (call !== undefined) return Promise.resolve(call);
      return new Promise((resolve) => takers.push(resolve));
    },
    get callCount() {
      return callCount;
    },
  };
}
