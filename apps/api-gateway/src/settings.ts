import type { BearerToken } from '@lamella/http';

/** What the environment decides. */
export interface Settings {
  readonly port: number;
  /** Who may use the API. */
  readonly keys: readonly BearerToken[];
  /** Sites whose pages may read answers. */
  readonly corsOrigins: readonly string[];
  /** Requests for each key in a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Where the limit is shared; `undefined` keeps it in this process. */
  readonly redisUrl: string | undefined;
  /** How long a request waits for Redis, in milliseconds. */
  readonly redisTimeoutMs: number;
  /** What a request gets while Redis can't tell. */
  readonly onStoreError: 'allow' | 'deny';
  /** How long to go on accepting, not ready any more, when the end is near. */
  readonly preDrainMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings for an environment; what is not there, or empty, is as usual.
 *
 * @throws Error if a value makes no sense.
 */
export function settingsFrom(env: Environment): Settings {
  return {
    port: integerOf(env, 'PORT', 8082, 0, 65_535),
    keys: keysOf(textOf(env, 'API_KEYS', 'ann:demo-key-of-ann,bob:demo-key-of-bob')),
    corsOrigins: textOf(env, 'CORS_ORIGINS', 'http://127.0.0.1:8083').split(','),
    limit: integerOf(env, 'RATE_LIMIT', 20, 1, 1_000_000),
    windowMs: integerOf(env, 'RATE_WINDOW_MS', 60_000, 1_000, 86_400_000),
    redisUrl: redisUrlOf(textOf(env, 'REDIS_URL', '')),
    redisTimeoutMs: integerOf(env, 'REDIS_TIMEOUT_MS', 250, 1, 60_000),
    onStoreError: allowOrDeny(textOf(env, 'RATE_LIMIT_WITHOUT_REDIS', 'allow')),
    preDrainMs: integerOf(env, 'PRE_DRAIN_MS', 0, 0, 60_000),
  };
}

/** `name:key,name:key`. A message never shows a key. */
function keysOf(text: string): readonly BearerToken[] {
  return text.split(',').map((entry) => {
    const [, name, token] = /^([a-z0-9-]+):([A-Za-z0-9._~+/-]{8,}=*)$/.exec(entry) ?? [];
    if (name !== undefined && token !== undefined) return { name, token };
    throw new Error('API_KEYS must be such as ann:secret-key,bob:other-key, with keys of 8 characters or more');
  });
}

/** A message does not show it: it may hold a password. */
function redisUrlOf(text: string): string | undefined {
  if (text === '') return undefined;
  if (/^rediss?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw new Error('REDIS_URL must be such as redis://127.0.0.1:6379');
}

function allowOrDeny(text: string): 'allow' | 'deny' {
  if (text === 'allow' || text === 'deny') return text;
  throw new Error(`RATE_LIMIT_WITHOUT_REDIS must be allow or deny, got ${JSON.stringify(text)}`);
}

function integerOf(env: Environment, name: string, usual: number, least: number, most: number): number {
  const text = textOf(env, name, String(usual));
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}`);
}

function textOf(env: Environment, name: string, usual: string): string {
  const text = env[name];
  return text === undefined || text === '' ? usual : text;
}
