import { readFileSync, writeFileSync } from 'node:fs';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { CookieJar } from '@lamella/http-cookies';
import { cookieJarLayer } from '@lamella/http-cookies';
import type { Layer } from '@lamella/service-core';
import { fileProblem } from '../../cli-error.ts';
import { readNetscapeCookies, writeNetscapeCookies } from './netscape-cookies.ts';

/** What the options say about cookies. */
export interface CookieOptions {
  /** Each `name=value`, or the name of a file. */
  readonly cookie?: readonly string[];
  /** File to write cookies to at the end. */
  readonly cookieJar?: string;
}

/** The cookies of one command. */
export interface SendCookies {
  /** Sends the cookies of the jar, and keeps those that are set; `undefined` if there is no jar. */
  readonly layer: Layer<HttpRequest, HttpResponse> | undefined;
  /** Writes the jar down, if that is asked for. Whatever the command came to, it has its cookies. */
  readonly save: () => void;
}

/** Who hears of what. */
export interface CookieListener {
  /** Of what only `-v` tells. */
  readonly note: (text: string) => void;
  /** Of what is wrong without ending the command. */
  readonly warn: (text: string) => void;
}

/**
 * The cookies that `-b` and `-c` speak of, as curl means them.
 *
 * @remarks
 * A file that can't be read has no cookies, since the first command of several has none yet; one that can't be written does not change
 * the exit code. Neither `-b` with `name=value` nor none of both makes a jar.
 */
export function sendCookies(options: CookieOptions, { note, warn }: CookieListener): SendCookies {
  const { cookieJar: path } = options;
  const files = cookieFiles(options.cookie ?? []);
  if (files.length === 0 && path === undefined) return { layer: undefined, save() {} };
  const jar = readJar(files, note);
  return {
    layer: cookieJarLayer({ jar, onRefused: (_setCookie, url) => note(`A cookie of ${url} was refused`) }),
    save() {
      if (path === undefined) return;
      const text = writeNetscapeCookies(jar, Date.now());
      try {
        if (path === '-') process.stdout.write(text, 'latin1');
        else writeFileSync(path, text, { encoding: 'latin1', mode: 0o600 });
      } catch (error) {
        warn(`cannot write cookies to ${path}: ${fileProblem(error)}`);
      }
    },
  };
}

/** The cookies that `-b` says itself, as a field value; `undefined` if there are none. */
export function typedCookies(values: readonly string[]): string | undefined {
  const typed = values.filter(isLiteral).map((value) => Buffer.from(value.trim(), 'utf8').toString('latin1'));
  return typed.length === 0 ? undefined : typed.join('; ');
}

/** The names of files among the values of `-b`. */
export function cookieFiles(values: readonly string[]): readonly string[] {
  return values.filter((value) => !isLiteral(value));
}

function readJar(paths: readonly string[], note: (text: string) => void): CookieJar {
  const texts = paths.map((path) => {
    const text = path === '' ? '' : textOf(path, note); // '' asks for cookies without having some
    for (const line of readNetscapeCookies(text, Date.now()).refusedLines) note(`${path}:${line} is no cookie`);
    return text;
  });
  return readNetscapeCookies(texts.join('\n'), Date.now()).jar;
}

function textOf(path: string, note: (text: string) => void): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'latin1'); // fields have one character a byte
  } catch (error) {
    note(`No cookies of ${path}: ${fileProblem(error)}`);
    return '';
  }
}

function isLiteral(value: string): boolean {
  return value.includes('=');
}
