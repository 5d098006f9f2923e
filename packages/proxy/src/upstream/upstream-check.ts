import type { HttpResponse, HttpRequest as Request } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { HealthCheckOptions } from '@lamella/layers';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** How the servers of a group are asked whether they are well. */
export interface UpstreamCheckOptions extends Omit<HealthCheckOptions<unknown, unknown>, 'check'> {
  /** What is asked for, a path with an optional query. Default `'/'`. */
  readonly path?: string;
  /** Statuses that mean well, each from 200 to 599. Default: 200 to 399. */
  readonly statuses?: readonly number[];
  /** Fields of the request, such as Host. Default: none but those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Checks by a GET whose content nobody reads. @throws UsageError if an option makes no sense. */
export function upstreamCheck(
  options: UpstreamCheckOptions,
  client: Service<Request, HttpResponse>,
): HealthCheckOptions<Request, HttpResponse> {
  const { path = '/', statuses, headers = {}, ...rest } = options;
  if (!/^\/[\x21-\x7e]*$/.test(path))
    throw new UsageError(`healthCheck.path must be a path, got ${JSON.stringify(path)}`);
  for (const status of statuses ?? []) {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new UsageError(`healthCheck.statuses must be from 200 to 599, got ${status}`);
    }
  }
  const good = statuses === undefined ? undefined : new Set(statuses);
  return {
    ...rest,
    async check({ id }, signal) {
      const request = HttpRequest.from({ target: `${id.replace(/\/$/, '')}${path}`, headers, signal });
      const { status, body } = await client.serve(request);
      body.cancel();
      return good?.has(status) ?? status < 400;
    },
  };
}
