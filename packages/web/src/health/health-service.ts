import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Clock, Layer, Lifecycle, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { HealthCheck } from './health-check.ts';

/** Options of {@link healthService} and {@link healthLayer}. */
export interface HealthOptions {
  /** Whose phase decides about readiness: not ready any more as soon as draining begins. */
  readonly lifecycle: Lifecycle;
  /** What must be well, by name; each rejects, or gives `false`, if it is not. Default: none. */
  readonly checks?: Readonly<Record<string, (signal: AbortSignal) => unknown>>;
  /** Longest time for a check, in milliseconds, greater than 0. Default 2_000. */
  readonly timeoutMs?: number;
  /** For how long the outcome of a check is used again, in milliseconds, at least 0. Default 1_000. */
  readonly cacheMs?: number;
  /** Whether `?verbose` tells why a check failed. Default `false`: only that it did. */
  readonly tellsErrors?: boolean;
  /** Where to ask. Default `{ live: '/livez', ready: '/readyz', startup: '/startupz' }`. */
  readonly paths?: { readonly live?: string; readonly ready?: string; readonly startup?: string };
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Answers the probes of an orchestrator, such as Kubernetes.
 *
 * @remarks
 * `/livez` says 200 as long as this process answers at all: a restart helps against nothing else. `/readyz` says 200 while the lifecycle runs and
 * all checks are well, and 503 from the moment when draining begins, before connections are refused (`preDrainMs`), so that load balancers
 * turn away in time. `/startupz` says 503 until the checks were well for the first time, and 200 from then on. With `?verbose` the
 * answer is JSON with the outcome of each check. However often probes come, a check runs once at a time, and not again within `cacheMs`.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const lifecycle = createLifecycle();
 * const service = healthService({ lifecycle, checks: { database: async () => true } });
 * (await service.serve(HttpRequest.from({ target: '/readyz' }))).status; // 200
 */
export function healthService(options: HealthOptions): Service<HttpRequest, HttpResponse> {
  const health = new Health(options);
  return { serve: async (request) => health.answer(request) ?? HttpResponse.from({ status: 404 }) };
}

/** The same as a layer: probes are answered here, everything else goes on. Put it outside of what may refuse requests. */
export function healthLayer(options: HealthOptions): Layer<HttpRequest, HttpResponse> {
  const health = new Health(options);
  return (inner) => ({ serve: (request) => health.answer(request) ?? inner.serve(request) });
}

class Health {
  readonly #lifecycle: Lifecycle;
  readonly #checks: readonly HealthCheck[];
  readonly #tellsErrors: boolean;
  readonly #kinds: ReadonlyMap<string, 'live' | 'ready' | 'startup'>;
  #hasStarted = false;

  constructor(options: HealthOptions) {
    const { lifecycle, checks = {}, timeoutMs = 2_000, cacheMs = 1_000, clock = systemClock, paths = {} } = options;
    if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
    if (!(cacheMs >= 0)) throw new UsageError(`cacheMs must be >= 0, got ${cacheMs}`);
    this.#lifecycle = lifecycle;
    this.#tellsErrors = options.tellsErrors ?? false;
    this.#checks = Object.entries(checks).map(([name, check]) => {
      if (typeof check !== 'function') throw new UsageError(`checks.${name} must be a function`);
      return new HealthCheck(name, check, { timeoutMs, cacheMs, clock });
    });
    const { live = '/livez', ready = '/readyz', startup = '/startupz' } = paths;
    for (const path of [live, ready, startup]) {
      if (!path.startsWith('/')) throw new UsageError(`paths must start with a slash, got ${JSON.stringify(path)}`);
    }
    this.#kinds = new Map([
      [live, 'live'],
      [ready, 'ready'],
      [startup, 'startup'],
    ]);
  }

  /** @returns `undefined` if the request is no probe. */
  answer(request: HttpRequest): Promise<HttpResponse> | undefined {
    const kind = this.#kinds.get(request.path);
    if (kind === undefined) return undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return Promise.resolve(HttpResponse.from({ status: 405, headers: { Allow: 'GET, HEAD' } }));
    }
    return this.#probe(kind, request);
  }

  async #probe(kind: 'live' | 'ready' | 'startup', request: HttpRequest): Promise<HttpResponse> {
    const isVerbose = new URLSearchParams(request.query).has('verbose');
    const needsChecks = kind === 'ready' || (kind === 'startup' && !this.#hasStarted);
    const outcomes = needsChecks || isVerbose ? await Promise.all(this.#checks.map((check) => check.outcome())) : [];
    const areWell = outcomes.every(({ isWell }) => isWell);
    if (needsChecks && areWell) this.#hasStarted = true;
    const { phase } = this.#lifecycle;
    const isGood = {
      live: phase !== 'closed',
      ready: phase === 'running' && areWell,
      startup: this.#hasStarted,
    }[kind];
    const init = { status: isGood ? 200 : 503, headers: { 'Cache-Control': 'no-store' } };
    if (!isVerbose) return HttpResponse.text(isGood ? 'ok\n' : 'unavailable\n', init);
    const checks = outcomes.map(({ name, isWell, durationMs, error }) => ({
      name,
      status: isWell ? 'ok' : 'failed',
      durationMs: Math.round(durationMs),
      ...(this.#tellsErrors && error !== undefined ? { error } : {}),
    }));
    return HttpResponse.json({ status: isGood ? 'ok' : 'unavailable', phase, checks }, init);
  }
}
