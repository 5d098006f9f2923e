import { systemClock } from '@lamella/service-core';
import { AcmeError } from '../errors.ts';
import { problemText } from '../messages/problem.ts';
import type { Authorization, Order } from '../messages/resources.ts';
import { readAuthorization, readOrder } from '../messages/resources.ts';
import type { AcmeAccount } from './acme-accounts.ts';
import type { AcmeClientOptions } from './acme-client-options.ts';
import type { AcmeTransport } from './acme-transport.ts';
import { wait } from './waiting.ts';

/** Looks at something that a server works on, until it is done or has taken too long. RFC 8555 section 7.5.1. */
export class Poller {
  readonly #transport: AcmeTransport;
  readonly #account: AcmeAccount;
  readonly #options: AcmeClientOptions;
  readonly #signal: AbortSignal;

  constructor(transport: AcmeTransport, account: AcmeAccount, options: AcmeClientOptions, signal: AbortSignal) {
    this.#transport = transport;
    this.#account = account;
    this.#options = options;
    this.#signal = signal;
  }

  /** Looks at an order until it is as it shall be. @throws AcmeError if it is turned down, or takes too long. */
  order(url: string, isDone: (order: Order) => boolean): Promise<Order> {
    return this.#until(url, readOrder, (order) => {
      checkOrder(order);
      return isDone(order);
    });
  }

  /** Looks at an authorization until the server has decided. @throws AcmeError if that takes too long. */
  authorization(url: string): Promise<Authorization> {
    return this.#until(url, readAuthorization, ({ status }) => status !== 'pending');
  }

  async #until<Resource>(
    url: string,
    read: (value: unknown) => Resource,
    isDone: (resource: Resource) => boolean,
  ): Promise<Resource> {
    const { maxPollAttempts = 30, pollIntervalMs = 1_000, maxPollIntervalMs = 30_000 } = this.#options;
    const { clock = systemClock } = this.#options;
    for (let attempt = 1, intervalMs = pollIntervalMs; ; attempt++, intervalMs *= 2) {
      const answer = await this.#transport.post(url, undefined, this.#account, this.#signal);
      const resource = read(answer.json());
      if (isDone(resource)) return resource;
      if (attempt === maxPollAttempts) {
        const message = `the ACME server has not come to an end in ${attempt} looks`;
        throw new AcmeError('LML_ERR_ACME_TOO_SLOW', message, { retryAfterMs: answer.retryAfterMs });
      }
      await wait(Math.min(answer.retryAfterMs ?? intervalMs, maxPollIntervalMs), clock, this.#signal);
    }
  }
}

/** @throws AcmeError if the authority has turned the order down. */
function checkOrder({ status, problem }: Order): void {
  if (status !== 'invalid') return;
  const why = problem === undefined ? 'it does not say why' : problemText(problem);
  throw new AcmeError('LML_ERR_ACME_ORDER_INVALID', `the authority has turned the order down: ${why}`, { problem });
}
