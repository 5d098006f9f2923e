import { describe, expect, it } from 'vitest';
import { authorityFolder } from './authority-folder.ts';

describe('authorityFolder', () => {
  it.each([
    [{}, '/home/ann/.config/lamella/ca'],
    [{ XDG_CONFIG_HOME: '/settings' }, '/settings/lamella/ca'],
    [{ XDG_CONFIG_HOME: '' }, '/home/ann/.config/lamella/ca'],
    [{ XDG_CONFIG_HOME: 'relative' }, '/home/ann/.config/lamella/ca'],
  ])('of %j is %s', (env, folder) => {
    expect(authorityFolder({ env, home: '/home/ann' })).toBe(folder);
  });
});
