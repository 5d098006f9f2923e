import { once } from 'node:events';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { WebSocketClose, WebSocketConnection, WebSocketData } from '@lamella/ws';
import { connectWebSocket } from '@lamella/ws';
import { sendCookies, typedCookies } from '../cookies/send-cookies.ts';
import { Deadline } from '../deadline.ts';
import { toSendError } from '../exit-code.ts';
import type { ProxyChoice } from '../proxy-choice.ts';
import { proxyChoice } from '../proxy-choice.ts';
import { proxyWay } from '../proxy-way.ts';
import { requestHeaders, typedHeader } from '../request-headers.ts';
import { clientOf } from '../send-client.ts';
import type { SendOptions } from '../send-options.ts';
import { targetUrl } from '../target-url.ts';
import type { Transcript } from '../verbose.ts';
import { silentTranscript, verboseTranscript } from '../verbose.ts';
import { converse } from './converse.ts';
import { firstMessages } from './first-messages.ts';
import { messageText } from './message-text.ts';
import { pipedInput } from './piped-input.ts';
import { closeFailure, closeText, handshakeFailure } from './socket-failure.ts';
import type { SocketInput } from './socket-input.ts';
import { noInput } from './socket-input.ts';
import type { SocketOptions } from './socket-options.ts';
import { requireSocketOptions } from './socket-options.ts';
import { typedInput } from './typed-input.ts';
import { visible } from './visible.ts';

/** Opens a WebSocket and talks until one side closes. @throws CliError unless it ends with 1000, 1001, or without a code. */
export async function sendWebSocket(url: string, options: SendOptions & SocketOptions): Promise<void> {
  const transcript = options.verbose ? verboseTranscript(printTold) : silentTranscript;
  let proxies: ProxyChoice | undefined;
  try {
    requireSocketOptions(options);
    proxies = proxyChoice(options, process.env, proxyWay(options, transcript.note));
    await talk(proxies, url, options, transcript);
  } catch (error) {
    throw toSendError(handshakeFailure(error), { ...options, isProxied: proxies?.isProxied ?? false });
  }
}

async function talk(
  proxies: ProxyChoice,
  url: string,
  options: SendOptions & SocketOptions,
  transcript: Transcript,
): Promise<void> {
  const { target, credentials } = targetUrl(url.replace(/^ws/i, 'http'));
  const first = await firstMessages(options.data ?? options.dataBinary ?? options.dataRaw ?? [], options.json ?? []);
  const headers = requestHeaders({
    typed: (options.header ?? []).map(typedHeader),
    credentials: options.user ?? credentials,
    cookies: typedCookies(options.cookie ?? []),
    isCompressed: false,
    content: [],
    hasLostContent: false,
    isSameOrigin: true,
  });
  const { silent } = options;
  const client = clientOf(options, proxies.select, transcript);
  const tell = (text: string): void => {
    if (!silent) process.stderr.write(`${text}\n`);
  };
  const cookies = sendCookies(options, { note: transcript.note, warn: (text) => tell(`lamella: ${text}`) });
  const service = told(client, transcript);
  const deadline = new Deadline(options.maxTime);
  const signal = deadline.start();
  try {
    const socket = await connectWebSocket(cookies.layer?.(service) ?? service, {
      url: target,
      protocols: options.wsProtocol ?? [],
      headers,
      deflate: options.compressed ?? false,
      limits: { maxMessageBytes: MAX_MESSAGE_BYTES },
      signal,
    });
    signal.addEventListener('abort', () => socket.destroy(signal.reason), { once: true });
    if (socket.protocol !== '') transcript.note(`The subprotocol is ${socket.protocol}`);
    const close = await converseHere(socket, first, { waitMs: options.wsWait, tell });
    signal.throwIfAborted(); // which ended it, however it looks
    const failure = closeFailure(close);
    if (failure !== undefined) throw failure;
    tell(closeText(close));
  } finally {
    deadline.cancel();
    client.destroy();
    cookies.save();
  }
}

/** Talks on the standard input and output; Ctrl+C closes. */
async function converseHere(
  socket: WebSocketConnection,
  first: readonly WebSocketData[],
  { waitMs, tell }: { readonly waitMs: number; readonly tell: (text: string) => void },
): Promise<WebSocketClose> {
  const leave = (): void => void socket.close(1000);
  process.once('SIGINT', leave);
  const input = first.length > 0 ? noInput : inputHere(leave, tell);
  const isTerminal = process.stdout.isTTY === true;
  const show = (message: WebSocketData) => input.print(() => printMessage(messageText(message, isTerminal)));
  try {
    return await converse({ socket, first, input, show, waitMs, clock: systemClock });
  } finally {
    process.off('SIGINT', leave);
  }
}

function inputHere(onInterrupt: () => void, tell: (text: string) => void): SocketInput {
  if (!process.stdin.isTTY) return pipedInput(process.stdin);
  tell('* Open. Each line is sent as a message; Ctrl+D or Ctrl+C closes.');
  return typedInput(process.stdin, process.stderr, onInterrupt);
}

/** Tells of the answer to the handshake. */
function told(client: Service<HttpRequest, HttpResponse>, transcript: Transcript): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await client.serve(request);
      transcript.received(response);
      return response;
    },
  };
}

async function printMessage(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Fields come one character a byte, from strangers. */
function printTold(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${visible(Buffer.from(line, 'latin1').toString('utf8'))}\n`);
  else process.stderr.write(`${line}\n`, 'latin1');
}

const MAX_MESSAGE_BYTES = 16_777_216;
