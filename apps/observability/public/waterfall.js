import { duration, html, svg } from './dom.js';

/** Rows of a table, one for each span, below the one that it belongs to. */
export function waterfallRows({ spans }, services) {
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.startMs + span.durationMs));
  const scale = 1_000 / Math.max(endMs - startMs, 0.001);
  return inOrder(spans).map(({ span, depth }) => {
    const color = `service-${services.indexOf(span.service) % 4}`;
    const name = html('summary', { className: span.isError ? 'error' : color });
    name.textContent = `${span.service}: ${KINDS[span.kind] ?? ''} ${span.name}${span.isError ? ' (error)' : ''}`;
    const details = html('details', {}, name, facts(span));
    details.style.marginInlineStart = `${Math.min(depth, 8)}rem`;
    details.dataset.span = span.id;
    const bar = svg('rect', {
      class: color,
      x: (span.startMs - startMs) * scale,
      width: Math.max(span.durationMs * scale, 3),
      y: 4,
      height: 12,
    });
    const marks = span.events.map(({ name: text, atMs }) =>
      svg('rect', { class: 'event', x: (atMs - startMs) * scale, width: 2, y: 2, height: 16 }, svg('title', {}, text)),
    );
    const label = `begins after ${duration(span.startMs - startMs)}, takes ${duration(span.durationMs)}`;
    const picture = svg(
      'svg',
      { class: 'bar', viewBox: '0 0 1000 20', preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
      bar,
      ...marks,
    );
    return html(
      'tr',
      {},
      html('td', {}, details),
      html('td', { className: 'when' }, picture),
      html('td', {}, duration(span.durationMs)),
    );
  });
}

/** Each below its parent, in the order in which they began; what has no parent here stands at the left. */
function inOrder(spans) {
  const known = new Set(spans.map(({ id }) => id));
  const below = (id, depth) => {
    const children = spans.filter(({ parentId }) => (id === undefined ? !known.has(parentId) : parentId === id));
    return children.flatMap((span) => [{ span, depth }, ...below(span.id, depth + 1)]);
  };
  return below(undefined, 0);
}

function facts({ attributes, events, startMs }) {
  const all = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
  for (const { name, atMs, durationMs } of events) {
    const took = durationMs === undefined ? '' : `, took ${duration(durationMs)}`;
    all.push([name, `after ${duration(atMs - startMs)}${took}`]);
  }
  return html('dl', {}, ...all.flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, value)]));
}

const KINDS = { 1: '', 2: 'serves', 3: 'calls', 4: 'sends', 5: 'takes' };
