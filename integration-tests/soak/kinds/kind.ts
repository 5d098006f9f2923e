import type { HttpClient } from '@lamella/http';
import type { SoakPorts } from '../messages.ts';
import type { SoakCaller } from '../soak-calls.ts';

/** What a use of the soaked process has at hand. */
export interface SoakWorld {
  readonly ports: Omit<SoakPorts, 'type'>;
  /** A client of ours. */
  readonly client: HttpClient;
  /** Calls of gRPC. */
  readonly calls: SoakCaller;
  /** Makes a client by HTTP/2. */
  readonly openHttp2: () => HttpClient;
}

/** One kind of use. */
export interface SoakKind {
  readonly name: string;
  /** @throws If it does not get what it should. */
  readonly run: (world: SoakWorld) => Promise<void>;
}
