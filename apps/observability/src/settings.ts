/** What the environment decides. */
export interface Settings {
  /** Of the collector and its page. */
  readonly port: number;
  /** Of the gateway. */
  readonly gatewayPort: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings for an environment; what is not there, or empty, is as usual.
 *
 * @throws Error if a value makes no sense.
 */
export function settingsFrom(env: Environment): Settings {
  return { port: portOf(env, 'PORT', 8086), gatewayPort: portOf(env, 'GATEWAY_PORT', 8087) };
}

function portOf(env: Environment, name: string, usual: number): number {
  const text = env[name];
  if (text === undefined || text === '') return usual;
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 65_535) return value;
  throw new Error(`${name} must be an integer from 0 to 65535, got ${JSON.stringify(text)}`);
}
