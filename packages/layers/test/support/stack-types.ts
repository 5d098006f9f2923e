import type { ExtensionKey, Layer, Scoped, Service } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

// What the type tests of layers stack. Checked by the type checker, never run.

export interface Request extends Scoped<Request, 'request'> {
  readonly method: string;
}
export interface Response {
  readonly status: number;
}
export interface Wire extends Scoped<Wire, 'connection'> {
  readonly bytes: Uint8Array;
}

export const User: ExtensionKey<string, 'request'> = extensionKey('layers-types/user', { scope: 'request' });
export const Peer: ExtensionKey<string, 'connection'> = extensionKey('layers-types/peer', { scope: 'connection' });

export declare const app: Service<Request, Response>;
export declare const wire: Service<Wire, void>;
export declare const plain: Service<string, number>;
export declare const httpServer: Layer<Request, Response, Wire, void>;
export declare const counting: Service<Request, number>;
export declare const isOn: boolean;

export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export declare function isTrue<Holds extends true>(): Holds;
