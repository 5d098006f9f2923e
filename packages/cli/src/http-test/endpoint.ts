import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import type { WebSocketConnection } from '@lamella/ws';

/** One thing that the server can be asked for. The router and the page that lists everything are made of the same ones. */
export interface Endpoint {
  /** Methods that it answers, and OPTIONS besides; HEAD comes with GET. */
  readonly methods: readonly Method[] | 'any';
  /** Pattern of its path, as the router takes it. */
  readonly path: string;
  /** Names of its parameters in the query, with what they may be. */
  readonly query?: string;
  /** What it does, in one line. */
  readonly what: string;
  /** A path to try it with, for those that a link can ask for. */
  readonly example?: string;
  readonly serve: (request: HttpRequest, params: PathValues) => HttpResponse | Promise<HttpResponse>;
}

/** Methods that endpoints are made for. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Captures of a path by name, decoded. */
export type PathValues = Readonly<Record<string, string>>;

/** Endpoints of one kind. */
export interface EndpointGroup {
  readonly title: string;
  readonly endpoints: readonly Endpoint[];
}

/** What endpoints take from outside. */
export interface EndpointParts {
  readonly clock: Clock;
  /** A number from 0 up to, but not, 1. */
  readonly random: () => number;
  /** For connections that outlive their request. */
  readonly lifecycle: Lifecycle;
  /** Around what serves WebSockets. Default: none. */
  readonly webSocketLayer?: Layer<WebSocketConnection, void>;
}
