import { UsageError } from '@lamella/service-core';

/**
 * Loads a package that users install if they want it.
 *
 * @throws UsageError that names it, if it is not there; what else goes wrong in loading it is passed on.
 */
export async function installed<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!isNotFound(cause, name)) throw cause;
    throw new UsageError(`${name} is not installed: add it to the dependencies of the program`, { cause });
  }
}

function isNotFound(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !error.message.includes(name)) return false;
  const { code } = error as { readonly code?: unknown }; // errors of the loader have one
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
