import { duration, html } from './dom.js';
import { plots } from './plots.js';
import { waterfallRows } from './waterfall.js';

const byId = (id) => document.getElementById(id);
const json = async (path) => (await fetch(path)).json();
let chosen;

async function showTraces() {
  const traces = await json('/api/traces');
  const focused = document.activeElement?.dataset?.trace;
  byId('traces').replaceChildren(
    ...traces.map(({ id, name, services, spans, startMs, durationMs, errors }) => {
      const button = html('button', { type: 'button', onclick: () => choose(id) }, name);
      button.dataset.trace = id;
      button.setAttribute('aria-pressed', String(id === chosen));
      const failed = errors === 0 ? [] : [' ', html('span', { className: 'error' }, `${errors} failed`)];
      return html(
        'tr',
        {},
        html('td', {}, new Date(startMs).toLocaleTimeString('en-GB')),
        html('td', {}, button, ...failed),
        html('td', {}, services.join(', ')),
        html('td', {}, String(spans)),
        html('td', {}, duration(durationMs)),
      );
    }),
  );
  if (focused !== undefined) document.querySelector(`[data-trace="${focused}"]`)?.focus();
}

/** Shows a trace; more of its spans may still come. */
async function showTrace() {
  if (chosen === undefined) return;
  const response = await fetch(`/api/traces/${chosen}`);
  if (!response.ok) return; // it had to make room, and stays as it was shown
  const trace = await response.json();
  const key = `${trace.id} ${trace.spans.length}`;
  if (byId('waterfall').dataset.shown === key) return;
  byId('waterfall').dataset.shown = key;
  const services = [...new Set(trace.spans.map(({ service }) => service))].sort();
  byId('trace-title').textContent = `Trace ${trace.id}`;
  byId('legend').replaceChildren(
    ...services.map((service, index) => html('span', { className: `service-${index % 4}` }, service)),
  );
  byId('spans').replaceChildren(...waterfallRows(trace, services));
  byId('waterfall').hidden = false;
}

async function choose(id) {
  chosen = id;
  await Promise.all([showTrace(), showTraces()]);
}

async function showMetrics() {
  byId('metrics').replaceChildren(...plots(await json('/api/metrics')));
}

byId('load').addEventListener('click', ({ target }) => {
  if (target.dataset.kind !== undefined) void fetch(`/api/load/${target.dataset.kind}`, { method: 'POST' });
});

const changes = new EventSource('/api/changes');
changes.addEventListener('change', () => void Promise.all([showTraces(), showTrace(), showMetrics()]).catch(() => {}));
changes.addEventListener('open', () => {
  byId('state').textContent = 'live';
});
changes.addEventListener('error', () => {
  byId('state').textContent = 'connecting';
});
