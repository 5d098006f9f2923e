import { getSystemErrorMessage } from 'node:util';
import { isLamellaError } from '@lamella/service-core';

/** A failure that ends the command with one line and an exit code. */
export class CliError extends Error {
  static {
    CliError.prototype.name = 'CliError';
  }

  /** Exit code of the process. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options: ErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Exit codes; those of `send` are curl's, so that scripts need not learn new ones. */
export const EXIT = {
  failed: 1,
  unsupported: 1,
  usage: 2,
  badUrl: 3,
  proxyNotFound: 5,
  nameNotFound: 6,
  connectFailed: 7,
  weirdReply: 8,
  http2Failed: 16,
  partialReply: 18,
  httpError: 22,
  writeFailed: 23,
  readFailed: 26,
  timedOut: 28,
  tlsFailed: 35,
  tooManyRedirects: 47,
  emptyReply: 52,
  receiveFailed: 56,
  badCertificate: 58,
  badCipher: 59,
  notTrusted: 60,
  badCoding: 61,
  tooLarge: 63,
  cannotRewind: 65,
  badRoots: 77,
  badPin: 90,
  badCertificateStatus: 91,
  http2StreamFailed: 92,
} as const;

/** One line for people, without a stack. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0] ?? '';
}

/** What the system says of a file that can't be read or written, without its name, which stands in front. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error && 'errno' in error && 'code' in error)) return messageOf(error);
  return error.code === 'EISDIR' ? 'it is a folder' : getSystemErrorMessage(Number(error.errno));
}

/** The exit code for an error that nobody has given one. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  return isLamellaError(error) && error.code === 'LML_ERR_USAGE' ? EXIT.usage : EXIT.failed;
}
