import { CliError, EXIT } from '../../cli-error.ts';
import type { SendOptions } from '../send-options.ts';

/** What the options of `send` say to a WebSocket alone; the time in milliseconds. */
export interface SocketOptions {
  readonly wsProtocol?: readonly string[];
  readonly wsWait: number;
}

/** Whether a URL is one of a WebSocket. */
export function isWebSocketUrl(url: string): boolean {
  return /^wss?:\/\//i.test(url);
}

/** @throws CliError for options that mean nothing to a WebSocket: whoever wrote them waits for what will not come. */
export function requireSocketOptions(options: SendOptions): void {
  for (const [name, flag] of FOR_REQUESTS) {
    if (options[name] !== undefined) throw nothing(flag);
  }
  if (options.retry > 0) throw nothing('--retry');
}

function nothing(flag: string): CliError {
  return new CliError(`${flag} means nothing to a WebSocket`, EXIT.usage);
}

const FOR_REQUESTS: readonly (readonly [name: keyof SendOptions, flag: string])[] = [
  ['request', '-X'],
  ['head', '-I'],
  ['form', '-F'],
  ['formString', '--form-string'],
  ['uploadFile', '-T'],
  ['output', '-o'],
  ['include', '-i'],
  ['location', '-L'],
  ['har', '--har'],
  ['curl', '--curl'],
];
