import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { parseConfig } from './parse-config.ts';

const schema = z.strictObject({
  listen: z.string(),
  routes: z.array(
    z.strictObject({
      to: z.union([z.string(), z.strictObject({ group: z.string() })]),
      timeoutMs: z.number().positive().optional(),
    }),
  ),
});

const problemsOf = (text: string): string => {
  try {
    parseConfig(text, 'lamella.yaml', schema);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

describe('parseConfig', () => {
  it('gives what the schema makes of it, also from JSON', () => {
    const expected = { listen: ':80', routes: [{ to: 'http://a', timeoutMs: 5 }] };
    expect(parseConfig('listen: ":80"\nroutes:\n  - to: http://a\n    timeoutMs: 5\n', 'f', schema)).toEqual(expected);
    expect(parseConfig(JSON.stringify(expected), 'f', schema)).toEqual(expected);
  });

  it.each([
    ['a missing field', 'routes: []\n', 'lamella.yaml:1:1: listen: '],
    ['an empty file', '', 'lamella.yaml:1:1: the configuration: '],
    ['a wrong type', 'listen: 80\nroutes: []\n', 'lamella.yaml:1:1: listen: '],
    ['a field that is not known', 'listen: a\nroutes: []\nroute: 1\n', 'lamella.yaml:3:1: route is no field here'],
    [
      'one deep inside',
      'listen: a\nroutes:\n  - to: b\n  - to: c\n    timeout: 1\n',
      'lamella.yaml:5:5: routes[1].timeout is no field here',
    ],
    [
      'a number out of its range',
      'listen: a\nroutes:\n  - to: b\n    timeoutMs: 0\n',
      'lamella.yaml:4:5: routes[0].timeoutMs: ',
    ],
    ['a missing field inside', 'listen: a\nroutes:\n  - timeoutMs: 5\n', 'lamella.yaml:3:5: routes[0].to: '],
    [
      'the form that it comes closest to',
      'listen: a\nroutes:\n  - to:\n      gruop: x\n',
      'lamella.yaml:4:7: routes[0].to.gruop is no field here',
    ],
    ['a field that stands there twice', 'listen: a\nlisten: b\n', 'lamella.yaml:2:1: '],
    ['no YAML', 'listen: [a\n', 'lamella.yaml:2:1: '],
    ['a second document', 'listen: a\nroutes: []\n---\nlisten: b\n', 'lamella.yaml:3:1: a second document begins here'],
    ['a tag that nobody knows', 'routes: []\nlisten: !env LISTEN\n', 'lamella.yaml:2:9: Unresolved tag: !env'],
    ['a tab', 'routes:\n\t- to: a\n', 'lamella.yaml:2:'],
  ])('names the line and the column of %s', (_name, text, expected) => {
    expect(problemsOf(text)).toContain(expected);
  });

  it('names all problems, in the order of the file, up to 20', () => {
    const lines = problemsOf('routes:\n  - to: 1\n  - to: 2\nx: 1\nlisten: 5\n').split('\n');
    expect(lines.map((line) => line.split(':')[1])).toEqual(['2', '3', '4', '5']);
    const many = `listen: a\nroutes:\n${'  - to: 1\n'.repeat(100)}`;
    expect(problemsOf(many).split('\n')).toHaveLength(20);
  });

  it('refuses aliases that multiply themselves, and files without end', () => {
    const bomb = [
      'a: &a [1]',
      ...Array.from(
        { length: 20 },
        (_, index) => `b${index}: &b${index} [${`*${index === 0 ? 'a' : `b${index - 1}`}, `.repeat(9)}1]`,
      ),
    ];
    expect(problemsOf(bomb.join('\n'))).toMatch(/alias/i);
    expect(problemsOf(`# ${'x'.repeat(5_000_000)}`)).toContain('longer than');
  });

  it('makes no prototype of a field', () => {
    expect(problemsOf('listen: a\nroutes: []\n__proto__: {}\n')).toContain('__proto__ is no field here');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
