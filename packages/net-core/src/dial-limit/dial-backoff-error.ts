import { ConnectError } from '../errors.ts';

/** What a {@link DialBackoffError} says. */
export interface DialBackoffErrorOptions extends ErrorOptions {
  /** Where the dial should have gone, as a text without credentials. */
  readonly target: string;
  /** When a dial may be tried again, in milliseconds from now. */
  readonly retryAfterMs: number;
  /** How often in a row connecting has failed. */
  readonly failures: number;
}

/** A target is not dialled, since connecting there has just failed; `cause` is that failure. */
export class DialBackoffError extends ConnectError {
  static {
    DialBackoffError.prototype.name = 'DialBackoffError';
  }

  /** When a dial may be tried again, in milliseconds from when the error was made. */
  readonly retryAfterMs: number;
  /** How often in a row connecting has failed. */
  readonly failures: number;

  constructor({ target, retryAfterMs, failures, cause }: DialBackoffErrorOptions) {
    const again = `again in ${Math.ceil(retryAfterMs)} ms`;
    const facts = { layer: 'dial-limit', peer: target };
    super('LML_ERR_CONNECT_BACKING_OFF', `connect to ${target}: not tried after ${failures} failures, ${again}`, {
      phase: 'connect',
      facts,
      cause,
    });
    this.retryAfterMs = retryAfterMs;
    this.failures = failures;
  }
}
