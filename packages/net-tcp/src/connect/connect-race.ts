import type { Connection, Connector, ConnectRequest, Domain, IpAddress, Resolver } from '@lamella/net-core';
import { addConnectTimings, ConnectError, formatAddress, resolveRequest } from '@lamella/net-core';
import type { AbortListener, Clock, Timer } from '@lamella/service-core';
import { AbortScope, ClosedError, isLamellaError } from '@lamella/service-core';

/** The rules of a {@link ConnectRace}. */
export interface ConnectRaceRules {
  readonly resolver: Resolver;
  readonly connector: Connector;
  readonly resolutionDelayMs: number;
  readonly attemptDelayMs: number;
  readonly maxAddresses: number;
  readonly clock: Clock;
}

/** One connect to a name: lookups and attempts that run side by side until one connection stands. RFC 8305. */
export class ConnectRace {
  readonly #request: ConnectRequest;
  readonly #domain: Domain;
  readonly #port: number;
  readonly #rules: ConnectRaceRules;
  readonly #result = Promise.withResolvers<Connection>();
  /** Scopes of what runs for this race. What has ended is not among them: above all, the winner never hears of an abort. */
  readonly #running = new Set<AbortScope>();
  readonly #waiting: Record<4 | 6, IpAddress[]> = { 4: [], 6: [] };
  readonly #failures: { readonly ip: IpAddress; readonly error: unknown }[] = [];
  readonly #lookupErrors: unknown[] = [];
  #lookupsRunning = 2;
  #attemptsRunning = 0;
  #attemptsStarted = 0;
  #nextFamily: 4 | 6 = 6;
  #timer: Timer | undefined;
  #hasStarted = false;
  readonly #startedMs: number;
  #resolveMs = 0;
  #isOver = false;
  #abort: AbortListener | undefined;

  constructor(request: ConnectRequest, domain: Domain, port: number, rules: ConnectRaceRules) {
    this.#request = request;
    this.#domain = domain;
    this.#port = port;
    this.#rules = rules;
    this.#startedMs = rules.clock.nowMs();
  }

  run(): Promise<Connection> {
    this.#abort = this.#request.scope.onAbort((reason) => this.#end(() => this.#result.reject(reason), reason));
    if (!this.#isOver) for (const family of [6, 4] as const) void this.#lookUp(family);
    return this.#result.promise;
  }

  async #lookUp(family: 4 | 6): Promise<void> {
    const scope = this.#openScope();
    try {
      const lookup = resolveRequest(this.#domain, family, { scope, extensions: this.#request.extensions });
      this.#waiting[family].push(...(await this.#rules.resolver.serve(lookup)));
    } catch (error) {
      this.#lookupErrors.push(error);
    }
    this.#running.delete(scope);
    this.#lookupsRunning--;
    if (!this.#isOver) this.#onAddresses(family);
  }

  #onAddresses(family: 4 | 6): void {
    if (this.#hasStarted) {
      // While an attempt has its time, new addresses wait for their turn.
      if (this.#attemptsRunning === 0 || this.#timer === undefined) this.#startNext();
    } else if (this.#lookupsRunning === 0 || (family === 6 && this.#waiting[6].length > 0)) this.#startNext();
    // RFC 8305 section 3: IPv4 addresses that come first wait a little for the IPv6 ones.
    else if (this.#waiting[4].length > 0) this.#startLater(this.#rules.resolutionDelayMs);
  }

  /** Starts the next attempt, if there is one, and sees to it that another one follows. */
  #startNext(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const ip = this.#takeAddress();
    if (ip !== undefined) {
      if (!this.#hasStarted) this.#resolveMs = this.#rules.clock.nowMs() - this.#startedMs;
      this.#hasStarted = true;
      this.#attemptsStarted++;
      void this.#attempt(ip);
      this.#startLater(this.#rules.attemptDelayMs);
    } else if (this.#lookupsRunning === 0 && this.#attemptsRunning === 0) {
      const error = this.#failure();
      this.#end(() => this.#result.reject(error), error);
    }
  }

  #startLater(delayMs: number): void {
    if (this.#isOver || this.#timer !== undefined) return;
    this.#timer = this.#rules.clock.startTimer(delayMs, () => {
      this.#timer = undefined;
      if (this.#waiting[4].length + this.#waiting[6].length > 0) this.#startNext();
    });
  }

  /** Families alternate, as long as both have addresses. RFC 8305 section 4. */
  #takeAddress(): IpAddress | undefined {
    if (this.#attemptsStarted >= this.#rules.maxAddresses) return undefined;
    const preferred = this.#waiting[this.#nextFamily];
    const ip = preferred.shift() ?? this.#waiting[this.#nextFamily === 6 ? 4 : 6].shift();
    if (ip !== undefined) this.#nextFamily = ip.family === 6 ? 4 : 6;
    return ip;
  }

  async #attempt(ip: IpAddress): Promise<void> {
    this.#attemptsRunning++;
    const target = { type: 'tcp', host: ip, port: this.#port } as const;
    const scope = this.#openScope();
    const attempt = this.#request.withTarget(target).fork({ scope });
    try {
      const connection = await this.#rules.connector.serve(attempt);
      this.#running.delete(scope);
      if (this.#isOver) connection.stream.destroy();
      else this.#win(connection);
    } catch (error) {
      this.#running.delete(scope);
      this.#attemptsRunning--;
      if (this.#isOver) return;
      this.#failures.push({ ip, error });
      this.#startNext();
    }
  }

  #win(connection: Connection): void {
    addConnectTimings(connection, { resolveMs: this.#resolveMs });
    this.#end(() => this.#result.resolve(connection), new ClosedError('another address answered first'));
  }

  #end(settle: () => void, reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#abort?.close();
    settle();
    for (const scope of this.#running) scope.abort(reason);
  }

  #openScope(): AbortScope {
    const scope = new AbortScope();
    this.#running.add(scope);
    return scope;
  }

  #failure(): unknown {
    const [only, ...others] = this.#failures;
    if (only === undefined) return this.#lookupFailure();
    if (others.length === 0) return only.error;
    const name = formatAddress({ type: 'tcp', host: this.#domain, port: this.#port });
    const reasons = this.#failures.map(({ ip, error }) => `${ip} (${reasonOf(error)})`);
    const message = `connect to ${name}: all ${reasons.length} addresses failed: ${reasons.join(', ')}`;
    const errors = this.#failures.map(({ error }) => error);
    // If nothing can come of another try at any of them, nothing can at all.
    const retryable = errors.some((error) => !isLamellaError(error) || error.facts.retryable !== false);
    const facts = { layer: 'tcp', peer: name, retryable };
    return new ConnectError('LML_ERR_CONNECT_ALL_FAILED', message, { phase: 'connect', errors, facts });
  }

  /** The name has no address, of whichever family: a failed lookup says most, then a missing name. */
  #lookupFailure(): unknown {
    const codeOf = (error: unknown): string => (isLamellaError(error) ? error.code : '');
    const isMissing = (error: unknown): boolean => codeOf(error) === 'LML_ERR_CONNECT_NAME_NOT_FOUND';
    const error = this.#lookupErrors.find((candidate) => !isMissing(candidate)) ?? this.#lookupErrors[0];
    if (error !== undefined) return error;
    const message = `${this.#domain} has no address`;
    const facts = { layer: 'dns', peer: this.#domain.name };
    return new ConnectError('LML_ERR_CONNECT_NAME_NOT_FOUND', message, { phase: 'resolve', facts });
  }
}

/** What went wrong, without the address that stands beside it. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^connect to [^ ]+: /, '');
}
