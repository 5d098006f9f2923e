import type { Address, ConnectErrorCode, ConnectErrorDomain } from '@lamella/net-core';
import { ConnectError, formatAddress } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';

/** The {@link ConnectError} of a failure of the system. */
export function toConnectError(error: unknown, target: Address): ConnectError {
  const systemCode = systemCodeOf(error);
  const isFull = target.type === 'unix' && systemCode === 'EAGAIN';
  const { code, why, domain } = (isFull ? FULL : CONDITIONS[systemCode]) ?? {
    code: 'LML_ERR_CONNECT_FAILED' as const,
    why: error instanceof Error ? error.message : String(error),
    domain: 'unknown' as const,
  };
  const peer = formatAddress(target);
  const facts = { layer: target.type, peer, ...(systemCode === '' ? {} : { protocolCode: systemCode }) };
  return new ConnectError(code, `connect to ${peer}: ${why}`, {
    phase: 'connect',
    domain: domain ?? 'transport',
    facts,
    cause: error,
  });
}

/** The {@link ConnectError} of a connect that took too long. */
export function connectTimedOut(target: Address, timeoutMs: number): ConnectError {
  const peer = formatAddress(target);
  const facts = { layer: target.type, peer };
  const cause = new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs, facts: { phase: 'connect', peer } });
  const message = `connect to ${peer}: no answer within ${timeoutMs} ms`;
  return new ConnectError('LML_ERR_CONNECT_TIMEOUT', message, { phase: 'connect', facts, cause });
}

interface Condition {
  readonly code: ConnectErrorCode;
  readonly why: string;
  readonly domain?: ConnectErrorDomain;
}

/** What Linux says of a Unix socket whose backlog is full; of TCP the same code speaks of ports. */
const FULL: Condition = { code: 'LML_ERR_CONNECT_REFUSED', why: 'refused: too many wait there already' };
const UNREACHABLE: Condition = { code: 'LML_ERR_CONNECT_UNREACHABLE', why: 'no route' };
const DENIED: Condition = { code: 'LML_ERR_CONNECT_DENIED', why: 'permission denied', domain: 'local' };
const TOO_MANY_FILES: Condition = { code: 'LML_ERR_CONNECT_NO_RESOURCES', why: 'too many open files', domain: 'local' };
const NO_PORTS: Condition = { code: 'LML_ERR_CONNECT_NO_RESOURCES', why: 'no free local port', domain: 'local' };

const CONDITIONS: Readonly<Record<string, Condition>> = {
  ECONNREFUSED: { code: 'LML_ERR_CONNECT_REFUSED', why: 'refused' },
  ENOENT: { code: 'LML_ERR_CONNECT_REFUSED', why: 'refused: there is no such socket' },
  ENETUNREACH: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETDOWN: UNREACHABLE,
  EAFNOSUPPORT: UNREACHABLE,
  ETIMEDOUT: { code: 'LML_ERR_CONNECT_TIMEOUT', why: 'no answer' },
  ECONNRESET: { code: 'LML_ERR_CONNECT_RESET', why: 'reset' },
  EPIPE: { code: 'LML_ERR_CONNECT_RESET', why: 'reset' },
  EACCES: DENIED,
  EPERM: DENIED,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOBUFS: { code: 'LML_ERR_CONNECT_NO_RESOURCES', why: 'no memory for sockets', domain: 'local' },
  EADDRNOTAVAIL: NO_PORTS,
  EAGAIN: NO_PORTS,
};
