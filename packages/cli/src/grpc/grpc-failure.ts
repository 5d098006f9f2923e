import { GrpcStatusError } from '@lamella/grpc';
import { TlsError } from '@lamella/tls';
import { CliError, EXIT } from '../cli-error.ts';
import { toSendError } from '../send/exit-code.ts';
import { visible } from '../send/web-socket/visible.ts';

/** 64 and the status: what is below belongs to the command itself. */
export function exitCodeOfStatus(status: number): number {
  return Math.min(64 + status, 255);
}

/** The failure of a call as one line, and an exit code that tells the status; any other failure as it is. */
export function toGrpcError(error: unknown): unknown {
  if (!(error instanceof GrpcStatusError)) return error;
  const { status, statusName, statusMessage, cause } = error;
  if (cause instanceof CliError) return new CliError(cause.message, EXIT.usage, { cause: error }); // of a proxy that is none
  // A server that is not trusted is told with what to do about it, as by `send`.
  const message = cause instanceof TlsError ? toSendError(cause, {}).message : visible(statusMessage);
  const text = message === '' ? `${statusName} (${status})` : `${statusName} (${status}): ${message}`;
  return new CliError(text, exitCodeOfStatus(status), { cause: error });
}
