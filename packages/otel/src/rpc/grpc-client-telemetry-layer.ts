import type { GrpcCall, GrpcReply } from '@lamella/grpc';
import { tryParseRequestTarget } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import { context, SpanKind } from '@opentelemetry/api';
import { isTracingSuppressed } from '../context/is-tracing-suppressed.ts';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { addPlace, ServerPlaces } from '../http/server-place.ts';
import { writeTrace } from '../propagation/write-trace.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { ATTR, METRIC } from '../shared/names.ts';
import { safely } from '../shared/safely.ts';
import { startServe } from '../shared/serve-in-context.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import type { GrpcClientTelemetryOptions } from './grpc-telemetry-options.ts';
import { grpcInstruments, metadataSetter } from './grpc-telemetry-options.ts';
import { RpcCall } from './rpc-call.ts';

const CHANNELS = new EventChannels('rpc.client.call');

/**
 * Records the calls of a client: a span and the metric `rpc.client.call.duration` by the semantic conventions of OpenTelemetry; and writes the
 * trace into the metadata of each.
 *
 * @remarks
 * For the `layers` of `grpcClient`. Once for each call, after its last message, with its status: every other one than OK is a failure. The span
 * belongs below that of the call that it is made for (`{ parent: call }`), else below the active one; `httpClientTelemetryLayer` under the
 * client puts its own below this one.
 *
 * Events for `node:diagnostics_channel`: `lamella:rpc.client.call.start`, `.end`, `.error`.
 *
 * @throws UsageError if `url` is none.
 *
 * @example
 * function connect(service: Service<HttpRequest, HttpResponse>, source: GrpcSchema): GrpcClient<GrpcMethods> {
 *   const url = 'https://chat.example';
 *   return grpcClient(service, source, { url, layers: [grpcClientTelemetryLayer({ url })] });
 * }
 */
export function grpcClientTelemetryLayer(options: GrpcClientTelemetryOptions = {}): Layer<GrpcCall, GrpcReply> {
  const describe = grpcInstruments(
    METRIC.rpcClientCallDuration,
    'Measures the duration of an outgoing Remote Procedure Call (RPC).',
  );
  const source = new TelemetrySource(options, describe);
  const place = placeOf(options.url);
  const labelsKey = ` ${place[ATTR.serverPort]} ${place[ATTR.serverAddress]}`;

  const begin = (call: GrpcCall): RpcCall<GrpcCall> | undefined => {
    if (source.tracer === undefined && source.instruments === undefined) {
      source.warnOfNoSdk();
      if (!CHANNELS.hasSubscribers) return undefined;
    }
    const parent = parentOf(call);
    if (isTracingSuppressed(parent)) return undefined;
    return new RpcCall({
      call,
      kind: SpanKind.CLIENT,
      parent,
      channels: CHANNELS,
      source,
      attributes: place,
      labels: place,
      labelsKey,
    });
  };

  return (inner) => ({
    serve(call) {
      const traced = safely(begin, call);
      if (traced === undefined) return startServe(inner, call);
      const { context: own } = traced.operation;
      const metadata = call.metadata.clone();
      writeTrace(own, metadata, metadataSetter, options.propagator);
      call.extensions.insert(TelemetryContext, own);
      const messages = traced.hasRequestStream ? traced.requestMessages() : call.messages;
      return startServe(inner, call.with({ metadata, messages })).then(
        (reply) => traced.reply(reply),
        (error: unknown) => {
          traced.fail(error);
          throw error;
        },
      );
    },
  });
}

/** What was done so far for the call itself, else the call that it is made for. */
function parentOf(call: GrpcCall): Context {
  return call.extensions.get(TelemetryContext) ?? call.parent?.extensions?.get(TelemetryContext) ?? context.active();
}

function placeOf(url: string | undefined): Attributes {
  if (url === undefined) return {};
  const parsed = tryParseRequestTarget('GET', url);
  if (typeof parsed === 'string' || parsed.scheme === undefined)
    throw new UsageError(`url must be a whole URL, got ${url}`);
  const attributes: Attributes = {};
  addPlace(attributes, new ServerPlaces().of(parsed.scheme, parsed.authority));
  return attributes;
}
