import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientCases } from './client/client-cases.ts';
import { serverCases } from './server/server-cases.ts';

const page = new URL('../../../../docs/conformance/http2.md', import.meta.url);
const text = readFileSync(page, 'utf8');

it('the page of conformance names every case, in its section, by its rule, and nothing else', () => {
  const named = rowsOf(text).map(({ section, rule, test, name }) => `${section} | ${rule} | ${test}: ${name}`);
  expect(named.sort()).toEqual(cases().sort());
});

it('the page of conformance has a fault that was planted for every case, and no fault without a case', () => {
  const planted = [...text.matchAll(/^\|\s+(\d+)\s+\| [^|]+ \| `src\/([^`]+)`\s+\|$/gm)];
  const numbers = planted.map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(new Set(rowsOf(text).map(({ fault }) => fault))).toEqual(new Set(numbers));
  const files = planted.map(([, , file]) => file ?? '');
  expect(files.filter((file) => !existsSync(new URL(`../../src/${file}`, import.meta.url)))).toEqual([]);
});

interface PageRow {
  readonly section: string;
  readonly rule: string;
  readonly test: string;
  readonly name: string;
  readonly fault: number;
}

/** Rows of the tables of cases. */
function rowsOf(markdown: string): PageRow[] {
  const rows: PageRow[] = [];
  let section = '';
  for (const line of markdown.split('\n')) {
    section = /^### (.+)$/.exec(line)?.[1] ?? section;
    const [, rule = '', test = '', name = '', fault = ''] = ROW.exec(line) ?? [];
    if (test !== '') rows.push({ section, rule: rule.replaceAll('\\', ''), test, name, fault: Number(fault) });
  }
  return rows;
}

/** What the page has to name. */
function cases(): string[] {
  const all = [
    ...Object.values(serverCases).flatMap((rows) => rows.map((row) => ({ ...row, test: 'server' }))),
    ...Object.values(clientCases).flatMap((rows) => rows.map((row) => ({ ...row, test: 'client' }))),
    ...sendingCases(),
  ];
  return all.map(({ section, rule, test, name }) => `${section} | ${rule} | ${test}: ${name}`);
}

/** The tests of what is sent, read out of their file. */
function sendingCases(): { section: string; rule: string; test: string; name: string }[] {
  const source = readFileSync(new URL('sending.test.ts', import.meta.url), 'utf8');
  let title = '';
  return [...source.matchAll(/^ *(describe|it)\('([^']+)'/gm)].flatMap(([, kind, name = '']) => {
    if (kind === 'it') {
      const [section = '', what = ''] = title.split(': ');
      return [{ section, rule: `${what.slice(0, 1).toUpperCase()}${what.slice(1)}.`, test: 'sending', name }];
    }
    title = name;
    return [];
  });
}

const ROW = /^\| (.+?) +\| \[(\w+)\]\([^)]+\.test\.ts\): (?:\w+: )?`([^`]+)` +\| +(\d+) +\|$/;
