import { isLamellaError } from '@lamella/service-core';
import { OTHER } from './names.ts';

/** What `error.type` says of a failure: the code of an error of ours, else the name of its class; never its message. */
export function errorType(error: unknown): string {
  if (isLamellaError(error)) return error.code;
  if (!(error instanceof Error)) return OTHER;
  const { code } = error as { readonly code?: unknown }; // errors of Node and of others have one
  if (typeof code === 'string' && CODE.test(code)) return code;
  return NAME.test(error.name) ? error.name : OTHER;
}

/** What a programmer wrote, not what a peer sent. */
const CODE = /^[A-Z][A-Z0-9_]{2,63}$/;
const NAME = /^[A-Za-z_$][\w$]{0,63}$/;
