import type { BalancedEndpoint } from './endpoint.ts';

/** What a policy may ask besides the endpoints. */
export interface BalanceContext<out Input> {
  readonly input: Input;
  /** @returns A number of at least 0 and less than 1. */
  readonly random: () => number;
  /** All endpoints of the balancer, also those that can't be chosen now; the same array as long as they are the same. */
  readonly all: readonly BalancedEndpoint[];
}

/** Chooses an endpoint for a call. One policy belongs to one balancer: it may remember what it has chosen. */
export interface BalancePolicy<in Input = unknown> {
  /**
   * Chooses.
   *
   * @param candidates - At least one.
   * @returns One of them.
   */
  pick(candidates: readonly BalancedEndpoint[], context: BalanceContext<Input>): BalancedEndpoint;
}
