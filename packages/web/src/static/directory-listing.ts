import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { encodeSegment } from '../shared/canonical-path.ts';
import type { FullStaticOptions } from './static-options.ts';

/** One line of a listing. */
interface Listed {
  readonly name: string;
  readonly type: 'file' | 'folder';
  /** In bytes; of files only. */
  readonly size?: number;
  readonly modified?: string;
}

/** Lists a folder, as JSON for those who would rather have that, else as HTML. Hidden files and links that lead out are not told. */
export async function directoryListing(
  request: HttpRequest,
  folder: { readonly path: string; readonly segments: readonly string[] },
  options: Pick<FullStaticOptions, 'dotfiles' | 'maxListed' | 'symlinks'>,
): Promise<HttpResponse> {
  const entries = await listed(folder.path, options);
  const headers = { 'Cache-Control': 'no-cache', Vary: 'Accept', 'X-Content-Type-Options': 'nosniff' };
  const path = `/${folder.segments.map((segment) => `${segment}/`).join('')}`;
  if (/\bapplication\/json\b/i.test(request.headers.get('accept') ?? '')) {
    return HttpResponse.json({ path, entries }, { headers });
  }
  const html = page(path, entries);
  return HttpResponse.text(html, {
    headers: {
      ...headers,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    },
  });
}

async function listed(
  path: string,
  { dotfiles, maxListed, symlinks }: Pick<FullStaticOptions, 'dotfiles' | 'maxListed' | 'symlinks'>,
): Promise<readonly Listed[]> {
  const all = await readdir(path, { withFileTypes: true });
  const shown = all
    .filter((entry) => dotfiles === 'served' || !entry.name.startsWith('.'))
    .filter((entry) => entry.isFile() || entry.isDirectory() || (symlinks === 'followed' && entry.isSymbolicLink()))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .slice(0, maxListed);
  const entries: Listed[] = [];
  for (const { name } of shown) {
    // What went away meanwhile is not there.
    const stats = await stat(join(path, name)).catch(() => undefined);
    if (stats === undefined) continue;
    const modified = stats.mtime.toISOString();
    if (stats.isDirectory()) entries.push({ name, type: 'folder', modified });
    else if (stats.isFile()) entries.push({ name, type: 'file', size: stats.size, modified });
  }
  return entries;
}

function page(path: string, entries: readonly Listed[]): string {
  const title = escapeHtml(path);
  const up = path === '/' ? '' : '<tr><td><a href="../">../</a></td><td></td><td></td></tr>\n';
  const rows = entries.map(({ name, type, size, modified = '' }) => {
    const slash = type === 'folder' ? '/' : '';
    // A dot in front: a name with a colon is no scheme.
    const href = escapeHtml(`./${encodeSegment(name)}${slash}`);
    return `<tr><td><a href="${href}">${escapeHtml(name)}${slash}</a></td><td>${size ?? ''}</td><td>${modified}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem}td{padding:.1rem 1rem .1rem 0}td:nth-child(2){text-align:right}</style>
<h1>${title}</h1>
<table>
${up}${rows.join('\n')}
</table>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
