import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import type { Endpoint, EndpointGroup } from './endpoint.ts';
import { INDEX_STYLE } from './index-style.ts';

/** The page that lists all endpoints. */
export function indexPage(groups: readonly EndpointGroup[]): Service<HttpRequest, HttpResponse> {
  const html = pageOf(groups);
  return serviceFn(() =>
    HttpResponse.text(html, {
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
        'X-Content-Type-Options': 'nosniff',
      },
    }),
  );
}

function pageOf(groups: readonly EndpointGroup[]): string {
  const links = groups.map(({ title }) => `<a href="#${anchorOf(title)}">${escapeHtml(title)}</a>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lamella http-test</title>
<style>${INDEX_STYLE}</style>
</head>
<body>
<header>
<h1>lamella <b>http-test</b></h1>
<p>A server to try HTTP clients with. Every number has a range; what is out of it is answered with 400 and
<code>application/problem+json</code>. Nothing that is sent here is kept.</p>
<nav>
${links.join('\n')}
</nav>
</header>
<main>
${groups.map(sectionOf).join('\n')}
</main>
</body>
</html>
`;
}

function sectionOf({ title, endpoints }: EndpointGroup): string {
  return `<section id="${anchorOf(title)}">
<h2>${escapeHtml(title)}</h2>
<dl>
${endpoints.map(entryOf).join('\n')}
</dl>
</section>`;
}

function entryOf({ methods, path, query, what, example }: Endpoint): string {
  const names = methods === 'any' ? ['any'] : methods;
  const badges = names.map((name) => `<span class="method ${name.toLowerCase()}">${name}</span>`);
  const parameters = query === undefined ? '' : `<br><span class="query">Query: ${escapeHtml(query)}</span>`;
  const link = example === undefined ? '' : `<br><a href="${escapeHtml(example)}">${escapeHtml(example)}</a>`;
  return `<dt>${badges.join(' ')} <code>${patternOf(path)}</code></dt>
<dd>${escapeHtml(what)}${parameters}${link}</dd>`;
}

/** A path with its parameters as people write them. */
function patternOf(path: string): string {
  return escapeHtml(path).replaceAll(/[:*]([a-z]+)/g, '<i>{$1}</i>');
}

function anchorOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
