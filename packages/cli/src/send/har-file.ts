import { writeFileSync } from 'node:fs';
import type { HttpRequest, HttpResponse } from '@lamella/http';
import { harRecordLayer } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { CliError, EXIT, fileProblem } from '../cli-error.ts';

/** What `--har` asks for. */
export interface HarFile {
  /** Records exchanges; to be used once. */
  readonly layer: Layer<HttpRequest, HttpResponse>;
  /** Writes down what there was, however it ended. @throws CliError if that fails. */
  readonly save: () => void;
}

/** @param path - `-` is the standard output. */
export function harFile(path: string, includesSensitive: boolean): HarFile {
  const recorder = harRecordLayer({ maxBodyBytes: MAX_BODY_BYTES, includesSensitive });
  return {
    layer: recorder,
    save() {
      const text = `${JSON.stringify(recorder.har(), undefined, 2)}\n`;
      try {
        if (path === '-') process.stdout.write(text);
        else writeFileSync(path, text, { mode: 0o600 }); // URLs and content may be secrets
      } catch (cause) {
        throw new CliError(`cannot write ${path}: ${fileProblem(cause)}`, EXIT.writeFailed, { cause });
      }
    },
  };
}

/** Kept of each content. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
