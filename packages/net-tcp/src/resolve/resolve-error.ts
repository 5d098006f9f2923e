import { ConnectError } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';

/** The {@link ConnectError} of a lookup that failed. */
export function toResolveError(error: unknown, name: string): ConnectError {
  const protocolCode = systemCodeOf(error);
  const facts = { layer: 'dns', peer: name, protocolCode };
  const options = { phase: 'resolve', facts, cause: error } as const;
  return protocolCode === 'ENOTFOUND'
    ? new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', `${name} does not exist`, options)
    : new ConnectError(
        'LML_ERR_CONNECT_NAME_LOOKUP_FAILED',
        `${name} could not be looked up (${protocolCode})`,
        options,
      );
}

/** The {@link ConnectError} of a lookup that got no answer in time. */
export function lookupTimedOut(name: string, timeoutMs: number): ConnectError {
  const facts = { layer: 'dns', peer: name };
  const cause = new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: { phase: 'resolve', peer: name } });
  const message = `${name} could not be looked up within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', message, { phase: 'resolve', facts, cause });
}
