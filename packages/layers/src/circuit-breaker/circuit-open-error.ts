import { LamellaError } from '@lamella/service-core';

/** A circuit breaker refused a call, since those before it failed; the inner service has not seen it. */
export class CircuitOpenError extends LamellaError {
  static {
    CircuitOpenError.prototype.name = 'CircuitOpenError';
  }

  readonly code = 'LML_ERR_CIRCUIT_OPEN';
  /** When the circuit will let a probe through, in milliseconds from the moment of the error; 0 if one is under way. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    const when = retryAfterMs > 0 ? `for another ${Math.ceil(retryAfterMs)} ms` : 'until its probe has ended';
    super(`circuit is open ${when}`, { facts: { layer: 'circuit-breaker', retryable: true } });
    this.retryAfterMs = retryAfterMs;
  }
}
