/** What the environment decides. */
export interface Settings {
  readonly port: number;
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
  return { port: integerOf(env, 'PORT', 8083, 65_535), preDrainMs: integerOf(env, 'PRE_DRAIN_MS', 0, 60_000) };
}

function integerOf(env: Environment, name: string, usual: number, most: number): number {
  const text = env[name];
  if (text === undefined || text === '') return usual;
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new Error(`${name} must be an integer from 0 to ${most}, got ${JSON.stringify(text)}`);
}
