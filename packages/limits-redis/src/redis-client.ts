/** A client that you own, open and close: of the package `redis`, or of `iovalkey` or `ioredis`. */
export type RedisClient = NodeRedisClient | IovalkeyClient;

/** What is used of a client of the package `redis`, version 4 and later. */
export interface NodeRedisClient {
  /** Whether it is connected now. */
  readonly isReady: boolean;
  /** Runs a script. */
  eval(script: string, options: { readonly keys: string[]; readonly arguments: string[] }): Promise<unknown>;
}

/** What is used of a client of `iovalkey`, or of `ioredis`, from which that comes. */
export interface IovalkeyClient {
  /** `'ready'` when it is connected. */
  readonly status: string;
  /** Adds a command that runs a script; called with the name `rlflxIncr`. */
  defineCommand(name: string, definition: { readonly numberOfKeys?: number; readonly lua: string }): void;
}

/** Whether `value` can be told to be one of the two. */
export function isRedisClient(value: unknown): value is RedisClient {
  return isIovalkeyClient(value) || (isObject(value) && typeof value['eval'] === 'function' && 'isReady' in value);
}

/** Whether `value` is a client of `iovalkey`, or one like it. */
export function isIovalkeyClient(value: unknown): value is IovalkeyClient {
  return isObject(value) && typeof value['defineCommand'] === 'function' && typeof value['status'] === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
