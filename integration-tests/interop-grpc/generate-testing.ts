import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Makes testing-pb.ts of testing.proto, and orca-pb.ts of orca.proto; run it after a change, from anywhere: node generate-testing.ts, then format it.
const folder = fileURLToPath(new URL('.', import.meta.url));
const bin = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));
const output = mkdtempSync(join(tmpdir(), 'testing-'));
try {
  const plugin = { local: join(bin, 'protoc-gen-es'), out: output, opt: ['target=ts', 'import_extension=none'] };
  const template = JSON.stringify({ version: 'v2', plugins: [plugin] });
  execFileSync(join(bin, 'buf'), ['generate', folder, '--template', template], { stdio: 'inherit' });
  for (const name of ['testing', 'orca']) {
    writeFileSync(join(folder, `${name}-pb.ts`), readFileSync(join(output, `${name}_pb.ts`)));
  }
} finally {
  rmSync(output, { recursive: true });
}
