import { LamellaError } from '@lamella/service-core';

/** A balancer has no endpoint that it may use: none is there, or too many have failed. */
export class NoEndpointError extends LamellaError {
  static {
    NoEndpointError.prototype.name = 'NoEndpointError';
  }

  readonly code = 'LML_ERR_BALANCE_NO_ENDPOINT';
  /** Endpoints that the balancer knows, available or not. */
  readonly known: number;

  constructor(name: string, known: number) {
    const why = known === 0 ? 'it has none' : `none of its ${known} is available`;
    super(`${name} has no endpoint to call: ${why}`, { facts: { phase: 'balance', retryable: true } });
    this.known = known;
  }
}
