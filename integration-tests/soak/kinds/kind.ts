import type { HttpClient } from '@lamella/http';
import type { SoakPorts } from '../messages.ts';

/** What a use of the soaked process has at hand. */
export interface SoakWorld {
  readonly ports: Pick<SoakPorts, 'reverse' | 'forward' | 'origin'>;
  /** A client of ours. */
  readonly client: HttpClient;
}

/** One kind of use. */
export interface SoakKind {
  readonly name: string;
  /** @throws If it does not get what it should. */
  readonly run: (world: SoakWorld) => Promise<void>;
}
