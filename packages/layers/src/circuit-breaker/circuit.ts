import type { Backoff } from '../retry/exponential-backoff.ts';
import { SlidingCount } from '../shared/sliding-count.ts';

/** `closed`: calls pass. `open`: none does. `half-open`: a few probes do, to see whether it is worth it again. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** What a call has to say about the service behind the circuit; `ignored` says nothing. */
export type CircuitVerdict = 'success' | 'failure' | 'ignored';

/** Rules of a {@link Circuit}, all set and checked. */
export interface CircuitRules {
  /** Share of failures that opens. */
  readonly failureRatio: number;
  /** Calls that there must be in the window before the share counts. */
  readonly minCalls: number;
  /** Length of the window, in milliseconds. */
  readonly windowMs: number;
  /** Failures in a row that open, however many calls there are. */
  readonly maxConsecutiveFailures: number;
  /** How long it stays open, by how often in a row it has opened. */
  readonly openBackoff: Backoff;
  /** Probes at a time while half-open, all of which must succeed. */
  readonly maxProbes: number;
  /** How long a probe may take, in milliseconds; then it has failed. */
  readonly probeTimeoutMs: number;
}

/** The permission for one call, to be given back with the verdict. */
export interface CircuitPass {
  /** When it was given. */
  readonly startMs: number;
}

/** The state machine of a circuit breaker. Pure: time is an argument. */
export class Circuit {
  readonly #rules: CircuitRules;
  readonly #onChange: (from: CircuitState, to: CircuitState) => void;
  readonly #successes: SlidingCount;
  readonly #failures: SlidingCount;
  #state: CircuitState = 'closed';
  /** That of all calls while closed. */
  #pass: CircuitPass;
  /** Those of the probes under way, the oldest first. */
  readonly #probes = new Set<CircuitPass>();
  #consecutiveFailures = 0;
  #openings = 0;
  #openUntilMs = 0;
  #probeSuccesses = 0;

  constructor(rules: CircuitRules, nowMs: number, onChange: (from: CircuitState, to: CircuitState) => void) {
    this.#rules = rules;
    this.#onChange = onChange;
    this.#pass = { startMs: nowMs };
    this.#successes = new SlidingCount(rules.windowMs, nowMs);
    this.#failures = new SlidingCount(rules.windowMs, nowMs);
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** How long it stays open, in milliseconds; 0 when a probe may go, or is under way. */
  openForMs(nowMs: number): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntilMs - nowMs) : 0;
  }

  /** Asks for a call. @returns `undefined` if it must not be made. */
  enter(nowMs: number): CircuitPass | undefined {
    if (this.#state === 'closed') return this.#pass;
    this.#expireProbe(nowMs);
    if (this.#state === 'open') {
      if (nowMs < this.#openUntilMs) return undefined;
      this.#change('half-open', nowMs);
    }
    if (this.#probes.size + this.#probeSuccesses >= this.#rules.maxProbes) return undefined;
    const pass = { startMs: nowMs };
    this.#probes.add(pass);
    return pass;
  }

  /** Says how a call ended. One that began before the last change of state says nothing about the present one. */
  leave(pass: CircuitPass, verdict: CircuitVerdict, nowMs: number): void {
    if (this.#state !== 'closed') {
      this.#expireProbe(nowMs);
      if (this.#probes.delete(pass)) this.#leaveAsProbe(verdict, nowMs);
      return;
    }
    if (pass !== this.#pass) return;
    if (verdict === 'success') {
      this.#consecutiveFailures = 0;
      this.#successes.add(nowMs);
    } else if (verdict === 'failure') {
      this.#consecutiveFailures++;
      this.#failures.add(nowMs);
      if (this.#mustOpen(nowMs)) this.#open(nowMs);
    }
  }

  #leaveAsProbe(verdict: CircuitVerdict, nowMs: number): void {
    if (verdict === 'failure') this.#open(nowMs);
    if (verdict !== 'success') return;
    this.#probeSuccesses++;
    if (this.#probeSuccesses < this.#rules.maxProbes) return;
    this.#openings = 0;
    this.#change('closed', nowMs);
  }

  /** A probe that took too long has failed, at the moment when its time was up. */
  #expireProbe(nowMs: number): void {
    const [oldest] = this.#probes;
    if (oldest === undefined) return;
    const endMs = oldest.startMs + this.#rules.probeTimeoutMs;
    if (nowMs >= endMs) this.#open(endMs);
  }

  #mustOpen(nowMs: number): boolean {
    const { maxConsecutiveFailures, minCalls, failureRatio } = this.#rules;
    if (this.#consecutiveFailures >= maxConsecutiveFailures) return true;
    const failures = this.#failures.total(nowMs);
    const calls = failures + this.#successes.total(nowMs);
    return calls >= minCalls && failures >= failureRatio * calls;
  }

  #open(nowMs: number): void {
    this.#openings++;
    this.#openUntilMs = nowMs + this.#rules.openBackoff.delayMs(this.#openings);
    this.#change('open', nowMs);
  }

  #change(state: CircuitState, nowMs: number): void {
    const from = this.#state;
    this.#state = state;
    this.#pass = { startMs: nowMs };
    this.#probes.clear();
    this.#consecutiveFailures = this.#probeSuccesses = 0;
    this.#successes.clear();
    this.#failures.clear();
    this.#onChange(from, state);
  }
}
