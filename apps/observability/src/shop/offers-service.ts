import type { GrpcClient } from '@lamella/grpc';
import { GrpcStatus, GrpcStatusError } from '@lamella/grpc';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { inTraceOf } from '@lamella/otel';
import type { Service } from '@lamella/service-core';
import { ProblemError, router } from '@lamella/web';
import type { StockMethods } from './stock-service.ts';

/** What stands behind the gateway. */
export interface OffersOptions {
  /** A client of the service over HTTP. */
  readonly prices: Service<HttpRequest, HttpResponse>;
  readonly pricesUrl: string;
  /** A client of the service over gRPC. */
  readonly stock: GrpcClient<StockMethods>;
}

/** The gateway: asks both at the same time, in the trace of the request that it does so for. */
export function offersService({ prices, pricesUrl, stock }: OffersOptions): Service<HttpRequest, HttpResponse> {
  const priceOf = async (request: HttpRequest, item: string): Promise<unknown> => {
    const target = `${pricesUrl}/prices/${encodeURIComponent(item)}`;
    const response = await prices.serve(inTraceOf(request, HttpRequest.from({ target, signal: request.signal })));
    const body = await response.body.text();
    if (response.status !== 200) throw new ProblemError({ status: 502, detail: 'the price is not to be had' });
    return JSON.parse(body);
  };

  const countOf = async (request: HttpRequest, item: string): Promise<number> => {
    try {
      return await stock.count(item, { parent: request });
    } catch (error) {
      if (!(error instanceof GrpcStatusError)) throw error;
      throw new ProblemError({ status: STATUSES.get(error.status) ?? 502, detail: error.statusMessage });
    }
  };

  return router().get('/offers/:item', async (request, { item }) => {
    const [price, count] = await Promise.allSettled([priceOf(request, item), countOf(request, item)]);
    if (count.status === 'rejected') throw count.reason;
    if (price.status === 'rejected') throw price.reason;
    return HttpResponse.json({ item, price: price.value, count: count.value });
  });
}

const STATUSES: ReadonlyMap<number, number> = new Map([
  [GrpcStatus.NOT_FOUND, 404],
  [GrpcStatus.DEADLINE_EXCEEDED, 504],
]);
