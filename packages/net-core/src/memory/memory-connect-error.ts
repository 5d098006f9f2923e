import { TimeoutError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress } from '../address/address.ts';
import { ConnectError } from '../errors.ts';

/** There is no route to `target`. */
export function unreachable(target: Address): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  return new ConnectError('LML_ERR_CONNECT_UNREACHABLE', `connect to ${peer}: no route`, { phase: 'connect', facts });
}

/** Nothing listens at `target`, or nothing more may wait there. */
export function refused(target: Address): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  return new ConnectError('LML_ERR_CONNECT_REFUSED', `connect to ${peer}: refused`, { phase: 'connect', facts });
}

/** `target` did not answer in time. */
export function timedOut(target: Address, timeoutMs: number): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: 'memory', peer };
  const cause = new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs, facts: { phase: 'connect', peer } });
  const message = `connect to ${peer}: no answer within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_TIMEOUT', message, { phase: 'connect', facts, cause });
}

/** A name does not exist, or nobody could be asked for it. */
export function nameFailed(name: string, failure: 'not-found' | 'lookup-failed'): ConnectError {
  const options = { phase: 'resolve', facts: { layer: 'memory', peer: name } } as const;
  return failure === 'not-found'
    ? new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', `${name} does not exist`, options)
    : new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', `${name} could not be looked up`, options);
}

/** Nobody answered for a name in time. */
export function nameTimedOut(name: string, timeoutMs: number): ConnectError {
  const facts = { layer: 'memory', peer: name };
  const cause = new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs, facts: { phase: 'resolve', peer: name } });
  const message = `${name} could not be looked up within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_NAME_LOOKUP_FAILED', message, { phase: 'resolve', facts, cause });
}
