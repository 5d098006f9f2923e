import type { Cell, Clock, Lifecycle, Service } from '@lamella/service-core';
import type { BalancePolicy } from './balance-policy.ts';
import type { EjectionOptions } from './ejection.ts';
import type { BalancedEndpoint, Endpoint } from './endpoint.ts';
import type { CallOutcome } from './endpoint-pool.ts';
import type { HealthCheckOptions } from './health-check.ts';

/** Options of `balancer`. */
export interface BalancerOptions<Input, Output> {
  /**
   * The endpoints; none is fine. A cell may change them at any time: endpoints that stay (the same id and service) keep all that is known of
   * them, those that are gone get no more calls and finish the ones under way.
   */
  readonly endpoints: readonly Endpoint<Input, Output>[] | Cell<readonly Endpoint<Input, Output>[]>;
  /** How one is chosen. Default: `powerOfTwoChoices()`. */
  readonly policy?: BalancePolicy<Input>;
  /** Name for people, in errors. Default `'the balancer'`. */
  readonly name?: string;
  /** Checks endpoints from time to time. Default: none are made. */
  readonly healthCheck?: HealthCheckOptions<Input, Output>;
  /** Ejects endpoints whose calls fail, or `false` to eject none. Default: with the defaults of {@link EjectionOptions}. */
  readonly ejection?: EjectionOptions | false;
  /** For how long an endpoint that is new or back takes a growing share, in milliseconds, at least 0. Default 0. */
  readonly slowStartMs?: number;
  /**
   * Share of available endpoints, from 0 to 1, below which all are used whatever is known of them: if nearly everything seems to fail,
   * the few that are left would not bear the load, and the checks may be what is wrong. Default 0.25; 0 never does that.
   */
  readonly panicRatio?: number;
  /**
   * Whether a call counts as a failure of its endpoint.
   *
   * @remarks
   * Default: every rejection except a cancellation by the caller; a deadline of the caller is none, see `isCallerAbort`.
   */
  readonly isFailure?: (outcome: CallOutcome<Output>, input: Input) => boolean;
  /**
   * Until when an output keeps its endpoint busy, such as the end of a body. Default: not beyond the call.
   *
   * @returns The output to give, and a promise of its end; `undefined` if it is over already.
   */
  readonly holdUntil?: (output: Output) => { readonly output: Output; readonly ended: Promise<unknown> } | undefined;
  /** Ids of endpoints that had better not be chosen, such as those that failed in an earlier attempt. Default: none. */
  readonly avoid?: (input: Input) => ReadonlySet<string> | undefined;
  /** Hears of the choice for a call before that is made. Must not throw. */
  readonly onPick?: (endpoint: BalancedEndpoint, input: Input) => void;
  /** Hears when an endpoint becomes available or is no longer. Default: nobody. */
  readonly onHealthChange?: (endpoint: BalancedEndpoint) => void;
  /** Where the balancer takes part in draining: checks end, calls go on. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Source of chance: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/** A service that spreads calls over endpoints. */
export interface Balancer<Input, Output> extends Service<Input, Output>, AsyncDisposable {
  /** How the endpoints stand now. */
  readonly gauges: () => readonly BalancedEndpoint[];
  /** Ends the checks and takes no more calls; resolves when those under way have ended. */
  readonly close: () => Promise<void>;
}
