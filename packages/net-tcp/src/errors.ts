import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError } from '@lamella/service-core';

/** Every `code` of a {@link ListenError}. Minor releases may add codes, never remove one. */
export type ListenErrorCode =
  | 'LML_ERR_LISTEN_IN_USE'
  | 'LML_ERR_LISTEN_DENIED'
  | 'LML_ERR_LISTEN_NOT_AVAILABLE'
  | 'LML_ERR_LISTEN_BAD_PATH'
  | 'LML_ERR_LISTEN_NO_RESOURCES'
  | 'LML_ERR_LISTEN_NO_DESCRIPTORS'
  | 'LML_ERR_LISTEN_FAILED';

/** A listener could not be opened. */
export class ListenError extends LamellaError {
  static {
    ListenError.prototype.name = 'ListenError';
  }

  readonly code: ListenErrorCode;

  constructor(code: ListenErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The {@link ListenError} of a failure of the system.
 *
 * @param where - The address, for the message.
 */
export function toListenError(error: unknown, where: string): ListenError {
  const systemCode = systemCodeOf(error);
  const { code, advice } = CONDITIONS[systemCode] ?? { code: 'LML_ERR_LISTEN_FAILED', advice: messageOf(error) };
  const facts = { layer: 'listener', phase: 'listen', peer: where, protocolCode: systemCode };
  return new ListenError(code, `cannot listen on ${where}: ${advice}`, { cause: error, facts });
}

/** The code that the system gave, such as `EADDRINUSE`, or `''`. */
export function systemCodeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const CONDITIONS: Readonly<Record<string, { readonly code: ListenErrorCode; readonly advice: string }>> = {
  EADDRINUSE: {
    code: 'LML_ERR_LISTEN_IN_USE',
    advice: 'something listens there already; stop it or choose another address',
  },
  EACCES: {
    code: 'LML_ERR_LISTEN_DENIED',
    advice: 'permission denied; ports below 1024 and foreign directories need privileges',
  },
  EPERM: { code: 'LML_ERR_LISTEN_DENIED', advice: 'permission denied' },
  EADDRNOTAVAIL: { code: 'LML_ERR_LISTEN_NOT_AVAILABLE', advice: 'this machine has no such address' },
  EAFNOSUPPORT: { code: 'LML_ERR_LISTEN_NOT_AVAILABLE', advice: 'this machine does not speak that address family' },
  ENOTFOUND: { code: 'LML_ERR_LISTEN_NOT_AVAILABLE', advice: 'the name does not exist' },
  ENOTSUP: {
    code: 'LML_ERR_LISTEN_NOT_AVAILABLE',
    advice: 'this platform does not support an option that was asked for',
  },
  ENOENT: { code: 'LML_ERR_LISTEN_BAD_PATH', advice: 'the directory does not exist' },
  ENOTDIR: { code: 'LML_ERR_LISTEN_BAD_PATH', advice: 'a part of the path is not a directory' },
  ENAMETOOLONG: { code: 'LML_ERR_LISTEN_BAD_PATH', advice: 'the path is too long' },
  EMFILE: { code: 'LML_ERR_LISTEN_NO_RESOURCES', advice: 'too many open files; raise the limit' },
  ENFILE: { code: 'LML_ERR_LISTEN_NO_RESOURCES', advice: 'too many open files on this machine' },
  EBADF: { code: 'LML_ERR_LISTEN_NO_DESCRIPTORS', advice: 'the descriptor is not open' },
  EINVAL: { code: 'LML_ERR_LISTEN_FAILED', advice: 'the system refuses the address or an option' },
};
