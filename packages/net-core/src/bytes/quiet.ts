/**
 * A promise whose rejection may be ignored: whoever awaits it still hears of it, and nobody else does.
 *
 * @remarks
 * A write that is not waited for must not end the process when its stream dies.
 */
export function quiet<Value>(work: Promise<Value>): Promise<Value> {
  work.catch(ignore);
  return work;
}

/** A rejected promise that may be ignored. */
export function quietRejection(error: unknown): Promise<never> {
  const rejection = Promise.reject(error);
  rejection.catch(ignore);
  return rejection;
}

/** Resolvers whose promise may be ignored. */
export function quietResolvers(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(ignore);
  return resolvers;
}

function ignore(): void {}
