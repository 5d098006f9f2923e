import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { AcmeSolver } from '../challenges/acme-solver.ts';
import type { AcmeStorage } from '../storage/acme-storage.ts';
import type { ExternalAccount } from './jws.ts';

/** Options of {@link acmeClient}. */
export interface AcmeClientOptions {
  /** Sends requests to the ACME server, such as a client of HTTP with TLS. */
  readonly service: Service<HttpRequest, HttpResponse>;
  /** Where the directory of the server is, such as `https://acme-v02.api.letsencrypt.org/directory`. */
  readonly directoryUrl: string;
  /** Whether the terms of service of the authority are agreed to, by whoever is responsible. Default false. */
  readonly termsOfServiceAgreed?: boolean;
  /** How the authority reaches who is responsible, such as `mailto:ann@example.com`; at most 10. Default: not at all. */
  readonly contacts?: readonly string[];
  /** Show the server what it wants to see; of several that fit a challenge, the first is taken. At least one. */
  readonly solvers: readonly AcmeSolver[];
  /** Keeps the account. */
  readonly storage: AcmeStorage;
  /** The key of the account, on P-256, as PEM. Default: the one that is kept, or a new one. */
  readonly accountKey?: string;
  /** The account at somebody else that the authority asks for. Default: none. */
  readonly externalAccount?: ExternalAccount;
  /** Longest time for one request, in milliseconds, > 0. Default 30_000. */
  readonly requestTimeoutMs?: number;
  /** Longest answer, in bytes, an integer from 1_024. Default 262_144 (256 KiB). */
  readonly maxResponseBytes?: number;
  /** Most looks at something that the server works on, an integer from 1. Default 30. */
  readonly maxPollAttempts?: number;
  /** Wait between two looks where the server does not say, in milliseconds, > 0; twice as long after each, up to `maxPollIntervalMs`. Default 1_000. */
  readonly pollIntervalMs?: number;
  /** Longest wait between two looks, whatever the server says, in milliseconds, at least `pollIntervalMs`. Default 30_000. */
  readonly maxPollIntervalMs?: number;
  /** Speaks to a server in clear: for tests on one machine. Default false. */
  readonly dangerouslyAcceptHttp?: boolean;
  /** Source of time and timers. Default: the system clock. */
  readonly clock?: Clock;
}

/** Checks options of {@link acmeClient}. @throws UsageError if one is out of its range. */
export function checkAcmeClientOptions(options: AcmeClientOptions): void {
  const { service, directoryUrl, contacts = [], solvers, storage } = options;
  const { requestTimeoutMs = 30_000, maxResponseBytes = 262_144 } = options;
  const { maxPollAttempts = 30, pollIntervalMs = 1_000, maxPollIntervalMs = 30_000 } = options;
  if (typeof service?.serve !== 'function') throw new UsageError('service is missing');
  if (!URL.canParse(directoryUrl)) throw new UsageError(`directoryUrl is no URL: ${JSON.stringify(directoryUrl)}`);
  if (typeof storage?.load !== 'function') throw new UsageError('storage is missing');
  if (!Array.isArray(solvers) || solvers.length === 0)
    throw new UsageError('solvers is empty: nothing could be proved');
  if (contacts.length > 10 || !contacts.every((contact) => URL.canParse(contact))) {
    throw new UsageError('contacts must be at most 10 URLs, such as mailto:ann@example.com');
  }
  if (!(requestTimeoutMs > 0)) throw new UsageError(`requestTimeoutMs must be > 0, got ${requestTimeoutMs}`);
  if (!(Number.isSafeInteger(maxResponseBytes) && maxResponseBytes >= 1_024)) {
    throw new UsageError(`maxResponseBytes must be an integer >= 1024, got ${maxResponseBytes}`);
  }
  if (!(Number.isSafeInteger(maxPollAttempts) && maxPollAttempts >= 1)) {
    throw new UsageError(`maxPollAttempts must be an integer >= 1, got ${maxPollAttempts}`);
  }
  if (!(pollIntervalMs > 0)) throw new UsageError(`pollIntervalMs must be > 0, got ${pollIntervalMs}`);
  if (!(maxPollIntervalMs >= pollIntervalMs && maxPollIntervalMs < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`maxPollIntervalMs must be >= pollIntervalMs, got ${maxPollIntervalMs}`);
  }
}
