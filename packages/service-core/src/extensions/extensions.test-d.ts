// Which keys a store takes, answers and forks. Checked by the type checker, never run.
import type { Scoped } from '../scope/scoped.ts';
import type { Service } from '../service/service.ts';
import type { ExtensionKey } from './extension-key.ts';
import { extensionKey } from './extension-key.ts';
import type { Extensions } from './extension-store.ts';

interface Address {
  readonly host: string;
}
const Peer: ExtensionKey<Address, 'connection'> = extensionKey('types/peer', { scope: 'connection' });
const UserId: ExtensionKey<string, 'request'> = extensionKey('types/user', { scope: 'request' });
const Attempt: ExtensionKey<number, 'attempt'> = extensionKey('types/attempt', { scope: 'attempt' });

declare const connection: Extensions<'connection'>;
declare const stream: Extensions<'stream'>;
declare const upgrade: Extensions<'upgrade'>;
declare const request: Extensions<'request'>;
declare const attempt: Extensions<'attempt'>;
declare const response: Extensions<'response'>;

// Insert: keys of the own scope.
connection.insert(Peer, { host: 'x' });
request.insert(UserId, 'u');
attempt.insert(UserId, 'u');
attempt.insert(Attempt, 1);
upgrade.insert(Peer, { host: 'x' });
// @ts-expect-error a request key in a connection store
connection.insert(UserId, 'u');
// @ts-expect-error a connection key in a request store
request.insert(Peer, { host: 'x' });
// @ts-expect-error an attempt key in a request store
request.insert(Attempt, 1);
// @ts-expect-error a value of the wrong type
request.insert(UserId, 3);

// Get: only what could ever be answered.
export const peer: Address | undefined = request.get(Peer);
export const user: string | undefined = response.get(UserId);
export const seenInStream: Address | undefined = stream.get(Peer);
// @ts-expect-error a connection never knows of a request
connection.get(UserId);
// @ts-expect-error nor does a stream
stream.get(UserId);
// @ts-expect-error nor a request of its attempts
request.get(Attempt);

// Substitution: a store passes where one that promises less is wanted.
export const asRequest: Extensions<'request'> = attempt;
export const asConnection: Extensions<'connection'> = upgrade;
// @ts-expect-error a request is not an attempt
export const noAttempt: Extensions<'attempt'> = request;
// @ts-expect-error a connection is not a request
export const noRequest: Extensions<'request'> = connection;
// @ts-expect-error facts of one stream must not be taken for the connection's
export const noConnection: Extensions<'connection'> = stream;
// @ts-expect-error a connection is not an upgrade
export const noUpgrade: Extensions<'upgrade'> = connection;

// Fork and promote.
request.fork('attempt', { hide: [UserId, Peer] }).insert(Attempt, 1);
connection.fork('upgrade').insert(Peer, { host: 'x' });
request.promote(Peer, upgrade);
// @ts-expect-error an attempt is not forked from a connection
connection.fork('attempt');
// @ts-expect-error a request key has no place in an upgrade
request.promote(UserId, upgrade);

// @ts-expect-error annotation and option must agree
export const wrong: ExtensionKey<Address, 'request'> = extensionKey('types/wrong', { scope: 'connection' });

// Layers over scoped inputs.
interface Request extends Scoped<Request, 'request'> {
  readonly method: string;
}
interface Wire extends Scoped<Wire, 'connection'> {
  readonly bytes: Uint8Array;
}
declare const app: Service<Request, number>;
declare const wireService: Service<Wire, void>;
declare function timeoutLayer(): <I extends Scoped<I>, O>(inner: Service<I, O>) => Service<I, O>;
declare function retryLayer(): <I extends Scoped<I, 'request'>, O>(inner: Service<I, O>) => Service<I, O>;
timeoutLayer()(app);
timeoutLayer()(wireService);
retryLayer()(app);
// @ts-expect-error retrying a raw connection makes no sense
retryLayer()(wireService);

export function retryOnce<I extends Scoped<I, 'request'>, O>(inner: Service<I, O>): Service<I, O> {
  return {
    serve(input) {
      const extensions = input.extensions.fork('attempt');
      extensions.insert(Attempt, 1);
      return inner.serve(input.fork({ extensions }));
    },
  };
}
