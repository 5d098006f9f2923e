import type { GrpcReply, GrpcServerCall } from '@lamella/grpc';
import { PeerAddress } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import type { Attributes, Context } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { TelemetryContext } from '../context/telemetry-context.ts';
import { placeOf, schemeOf } from '../http/server-attributes.ts';
import { addPlace, ServerPlaces } from '../http/server-place.ts';
import { resolvePropagator } from '../propagation/resolve-propagator.ts';
import { EventChannels } from '../shared/event-channels.ts';
import { METRIC } from '../shared/names.ts';
import { addPeer } from '../shared/network-attributes.ts';
import { safely } from '../shared/safely.ts';
import { serveInContext, startServe } from '../shared/serve-in-context.ts';
import { TelemetrySource } from '../shared/telemetry-source.ts';
import type { GrpcServerTelemetryOptions } from './grpc-telemetry-options.ts';
import { grpcInstruments, metadataGetter } from './grpc-telemetry-options.ts';
import { RpcCall } from './rpc-call.ts';

const CHANNELS = new EventChannels('rpc.server.call');

/**
 * Records the calls of a server: a span and the metric `rpc.server.call.duration` by the semantic conventions of OpenTelemetry.
 *
 * @remarks
 * For the `layers` of `grpcService`. Once for each call, after its last message, with its status: also if it fails, its deadline passes or the
 * client goes away. UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE and DATA_LOSS are failures of the server; with all other
 * statuses it has done its duty. Paths that no method has do not get here: `httpServerTelemetryLayer` sees them.
 *
 * The span is part of the one of `httpServerTelemetryLayer`, where that stands outside, else of the trace that the metadata names. The handler
 * finds its context in `call.extensions` ({@link TelemetryContext}), and messages are made in it.
 *
 * Events for `node:diagnostics_channel`: `lamella:rpc.server.call.start`, `.end`, `.error`.
 *
 * @example
 * function serve(implementation: GrpcImplementation): Service<HttpRequest, HttpResponse> {
 *   return grpcService([implementation], { layers: [grpcServerTelemetryLayer()] });
 * }
 */
export function grpcServerTelemetryLayer(options: GrpcServerTelemetryOptions = {}): Layer<GrpcServerCall, GrpcReply> {
  const describe = grpcInstruments(
    METRIC.rpcServerCallDuration,
    'Measures the duration of an incoming Remote Procedure Call (RPC).',
  );
  const source = new TelemetrySource(options, describe);
  const places = new ServerPlaces();

  const begin = (call: GrpcServerCall): RpcCall<GrpcServerCall> | undefined => {
    if (source.tracer === undefined && source.instruments === undefined) {
      source.warnOfNoSdk();
      if (!CHANNELS.hasSubscribers) return undefined;
    }
    const attributes: Attributes = {};
    addPlace(attributes, placeOf(call.request, schemeOf(call.request), places));
    addPeer(attributes, call.extensions.get(PeerAddress));
    const parent = parentOf(call, options);
    return new RpcCall({
      call,
      kind: SpanKind.SERVER,
      parent,
      channels: CHANNELS,
      source,
      attributes,
      labels: {},
      labelsKey: '',
    });
  };

  return (inner) => ({
    serve(call) {
      const traced = safely(begin, call);
      if (traced === undefined) return startServe(inner, call);
      const { context } = traced.operation;
      call.extensions.insert(TelemetryContext, context);
      const passed = traced.hasRequestStream ? call.with({ messages: traced.requestMessages() }) : call;
      return serveInContext(context, inner, passed).then(
        (reply) => traced.reply(reply),
        (error: unknown) => {
          traced.fail(error);
          throw error;
        },
      );
    },
  });
}

function parentOf(call: GrpcServerCall, { propagator }: GrpcServerTelemetryOptions): Context {
  const outer = call.extensions.get(TelemetryContext);
  return outer ?? resolvePropagator(propagator).extract(ROOT_CONTEXT, call.metadata, metadataGetter);
}
