import { isAbsolute, join } from 'node:path';

/** What the place depends on. */
export interface UserPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home. */
  readonly home: string;
}

/**
 * Where the development authority of a user is kept: `lamella/ca` in the folder for settings.
 *
 * @remarks
 * XDG Base Directory Specification: `$XDG_CONFIG_HOME`, or `~/.config` if that is not set, empty, or not absolute.
 */
export function authorityFolder({ env, home }: UserPlaces): string {
  const set = env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(set) ? set : join(home, '.config'), 'lamella', 'ca');
}
