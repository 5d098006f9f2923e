import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileProblem } from '../../cli-error.ts';
import type { ReverseConfig } from '../../config/reverse-config.ts';
import type { WrongPart } from './wrong-parts.ts';

/**
 * The files of a configuration that can't be read.
 *
 * @remarks
 * They are looked at and not read: some, such as pipes, can be read only once.
 *
 * @param folder - Of the configuration, from which paths in it start.
 */
export function unreadableFiles({ tls, upstreamTls }: ReverseConfig, folder: string): readonly WrongPart[] {
  const { certificates = [], clientCa = [] } = tls ?? {};
  const { ca = [], cert, key } = upstreamTls ?? {};
  const named: readonly (readonly [path: WrongPart['path'], file: string | undefined])[] = [
    ...certificates.flatMap((each, index) =>
      [each.cert, each.key, each.ocsp].map((file) => [['tls', 'certificates', index], file] as const),
    ),
    ...clientCa.map((file, index) => [['tls', 'clientCa', index], file] as const),
    ...ca.map((file, index) => [['upstreamTls', 'ca', index], file] as const),
    [['upstreamTls', 'cert'], cert],
    [['upstreamTls', 'key'], key],
  ];
  return named.flatMap(([path, name]) => {
    if (name === undefined) return [];
    const file = resolve(folder, name);
    const problem = problemOf(file);
    return problem === undefined ? [] : [{ path, message: `${file} can't be read: ${problem}` }];
  });
}

function problemOf(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? 'it is a folder' : undefined;
  } catch (error) {
    return fileProblem(error);
  }
}
