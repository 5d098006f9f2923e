import type { Service } from '@lamella/service-core';

/** One of several services that do the same. */
export interface Endpoint<in Input, out Output> {
  /** Name, such as an address; no two endpoints of a balancer have the same one. */
  readonly id: string;
  readonly service: Service<Input, Output>;
  /** Share of the load beside the others, greater than 0. Default 1. */
  readonly weight?: number;
}

/** What a balancer thinks of an endpoint: `available`, failing its checks, or ejected because calls failed. */
export type EndpointHealth = 'available' | 'unhealthy' | 'ejected';

/** How an endpoint stands now; what policies choose by, and what a balancer shows. */
export interface BalancedEndpoint {
  readonly id: string;
  /** Share of the load now; while the endpoint starts slowly, less than `fullWeight`. */
  readonly weight: number;
  /** Share of the load that it is to have. */
  readonly fullWeight: number;
  /** Calls under way. */
  readonly active: number;
  /** Calls so far. */
  readonly calls: number;
  /** Calls so far that failed. */
  readonly failures: number;
  /** How often it was ejected. */
  readonly ejections: number;
  readonly health: EndpointHealth;
}
