import { Http1ProtocolError, HttpConnectionError } from '@lamella/http';
import { ConnectError } from '@lamella/net-core';
import { TimeoutError } from '@lamella/service-core';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/** The failure of a request as one line and curl's exit code. */
export function toSendError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  return new CliError(messageOf(error), codeFor(error), { cause: error });
}

function codeFor(error: unknown): number {
  if (error instanceof TimeoutError) return EXIT.timedOut;
  if (error instanceof ConnectError) {
    if (error.phase === 'resolve') return EXIT.nameNotFound;
    return error.code === 'LML_ERR_CONNECT_TIMEOUT' ? EXIT.timedOut : EXIT.connectFailed;
  }
  if (error instanceof HttpConnectionError) {
    return error.code === 'LML_ERR_HTTP_RESPONSE_INCOMPLETE' ? EXIT.receiveFailed : EXIT.emptyReply;
  }
  return error instanceof Http1ProtocolError ? EXIT.receiveFailed : EXIT.failed;
}
