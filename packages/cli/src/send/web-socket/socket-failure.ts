import { reasonPhrase } from '@lamella/http';
import { TimeoutError } from '@lamella/service-core';
import type { WebSocketClose } from '@lamella/ws';
import { WebSocketHandshakeError, WebSocketProtocolError } from '@lamella/ws';
import { CliError, EXIT, messageOf } from '../../cli-error.ts';
import { visible } from './visible.ts';

/** The failure that an end is, in one line; `undefined` for 1000, 1001, and a close frame without a code, which are none. */
export function closeFailure(close: WebSocketClose): CliError | undefined {
  const { code, error } = close;
  if (error instanceof WebSocketProtocolError) {
    const isTooLarge = error.code === 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE';
    const what = isTooLarge ? '' : 'the server broke the rules of WebSocket: ';
    const exitCode = isTooLarge ? EXIT.tooLarge : EXIT.weirdReply;
    return new CliError(`${what}${visible(messageOf(error))}; closed with ${code}`, exitCode, { cause: error });
  }
  if (code === 1000 || code === 1001 || code === 1005) return undefined;
  if (error instanceof TimeoutError) {
    return new CliError(`the server does not answer any more: ${messageOf(error)}`, EXIT.timedOut, { cause: error });
  }
  if (code === 1006) {
    return new CliError('the connection ended without a close frame (1006)', EXIT.receiveFailed, { cause: error });
  }
  return new CliError(endOf(close), EXIT.failed);
}

/** A good end, as it is told. */
export function closeText(close: WebSocketClose): string {
  return `* ${endOf(close)}`;
}

function endOf({ code, reason, initiator }: WebSocketClose): string {
  const how = code === 1005 ? 'without a code' : `with ${code}`;
  const who = initiator === 'local' ? 'closed' : 'the server closed the WebSocket';
  return `${who} ${how}${reason === '' ? '' : `: ${visible(reason)}`}`;
}

/** An error of the handshake as a failure; any other error as it is. */
export function handshakeFailure(error: unknown): unknown {
  if (!(error instanceof WebSocketHandshakeError)) return error;
  const { code, status, headers } = error;
  if (code !== 'LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED') {
    return new CliError(visible(messageOf(error)), EXIT.weirdReply, { cause: error });
  }
  const location = headers.get('location');
  const answer = `${status} ${reasonPhrase(status)}`.trimEnd();
  const where = location === undefined ? '' : `; it points to ${visible(location)}`;
  const what = status < 300 ? 'answered the WebSocket as a plain request, with' : 'refused the WebSocket with';
  return new CliError(`the server ${what} ${answer}${where}`, EXIT.httpError, { cause: error });
}
