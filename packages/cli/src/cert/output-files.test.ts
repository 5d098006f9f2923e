import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { OutputFile } from './output-files.ts';
import { writeFiles } from './output-files.ts';

describe('writeFiles', () => {
  it('writes into folders that are not there yet; secrets are for the user alone', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    writeFiles(pairIn(folder, 'new'), false);
    expect(readdirSync(folder).sort()).toEqual(['cert.pem', 'key.pem']);
    expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe('new key');
    expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'cert.pem')).mode & 0o044).toBe(0o044);
  });

  it('writes nothing if one of them is there', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'cert.pem'), 'old');
    expect(() => writeFiles(pairIn(folder, 'new'), false)).toThrow(/cert\.pem exists; --force writes over it$/);
    expect(readdirSync(folder)).toEqual(['cert.pem']);
    expect(readFileSync(join(folder, 'cert.pem'), 'utf8')).toBe('old');
  });

  it('writes over what is there if it is told so, and closes what was open to others', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'key.pem'), 'old', { mode: 0o644 });
    writeFiles(pairIn(folder, 'new'), true);
    expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toBe('new key');
    expect(statSync(join(folder, 'key.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(['cert.pem', 'key.pem']);
  });

  it('says what it can not write, with the exit code for that', () => {
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, 'a file');
    expect(() => writeFiles(pairIn(folder, 'new'), false)).toThrow(expect.objectContaining({ exitCode: 23 }));
    expect(() => writeFiles(pairIn(folder, 'new'), false)).toThrow(/^can't write .*key\.pem: /);
  });
});

function pairIn(folder: string, text: string): readonly OutputFile[] {
  return [
    { path: join(folder, 'key.pem'), content: `${text} key`, isSecret: true },
    { path: join(folder, 'cert.pem'), content: `${text} cert`, isSecret: false },
  ];
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-cert-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
