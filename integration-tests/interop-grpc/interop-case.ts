import type { GrpcClient, GrpcMethods, MethodsOf } from '@lamella/grpc';
import type { OpenRcaService } from './orca-pb.ts';
import type { TestService, UnimplementedService } from './testing-pb.ts';

/** A client of `TestService`, ours or one that looks the same. */
export type TestClient = GrpcClient<MethodsOf<typeof TestService> & GrpcMethods>;

/** A client and a server that are tried. */
export interface InteropPeers {
  readonly client: TestClient;
  readonly unimplemented: GrpcClient<MethodsOf<typeof UnimplementedService> & GrpcMethods>;
  /** What the server says of its load, where it does. */
  readonly reports?: GrpcClient<MethodsOf<typeof OpenRcaService> & GrpcMethods>;
  /** Which messages from the server so far were compressed, where the client can tell. */
  readonly compressed: boolean[];
  /** Another client, with a connection of its own where there are connections. */
  open(): Promise<{ readonly client: TestClient; close(): Promise<void> }>;
}

/**
 * What only some can do: compress single messages of clients, or of servers, and tell which came compressed; and, where several services can be
 * served, tell of the load of a server.
 */
export type InteropNeed = 'compressing clients' | 'compressing servers' | 'reports out of band';

/** A test of interop-test-descriptions.md of grpc/grpc. */
export interface InteropCase {
  readonly name: string;
  readonly needs?: InteropNeed;
  run(peers: InteropPeers): Promise<void>;
}
