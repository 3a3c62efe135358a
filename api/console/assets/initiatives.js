// The page of initiatives: what each wants to reach, how far it is, and where.

import { get } from './api.js';
import { h, table } from './dom.js';
import { byName, inOwn, number, stamp, t, unitName, value } from './text.js';

const NONE = '–';

const withUnit = (v, unit) => `${value(v)} ${unitName(unit)}`.trim();

/** How far from the baseline to the target a value is, 0 to 100. */
function wayOf(n, v) {
  if (v === undefined || n.target === n.baseline) return null;
  return Math.min(100, Math.max(0, (100 * (v - n.baseline)) / (n.target - n.baseline)));
}

function way(n) {
  const way = wayOf(n, n.value);
  if (way === null) return h('span.quiet', {}, t('notYet'));
  const reached = way >= 100 ? h('b.good', {}, t('reached')) : '';
  const label = t('wayOf', { n: number(way) });
  return h('span.way', {}, h('progress', { max: 100, value: way, 'aria-label': `${inOwn(n.title)}: ${label}` }), h('span', {}, reached || `${number(way)} %`));
}

function figures(i) {
  const head = ['indicator', 'value', 'baseline', 'target', 'way', 'owner'].map((k) => t(k));
  return table(head, i.indicators.map((n) => [
    h('span', {}, h('b', {}, inOwn(n.title)), n.measured ? '' : h('small.hint', {}, t('fact'))),
    n.value === undefined ? NONE : withUnit(n.value, n.unit),
    withUnit(n.baseline, n.unit), withUnit(n.target, n.unit), way(n), n.owner,
  ]));
}

/** A row for each comune or zone, a column for each indicator that has values there. */
function places(i) {
  const shown = i.indicators.filter((n) => n.places?.length);
  const rows = new Map();
  for (const n of shown) {
    for (const p of n.places) {
      const name = [p.subject ?? p.comune_name, p.zone].filter(Boolean).join(', ');
      if (!rows.has(name)) rows.set(name, new Map());
      rows.get(name).set(n.id, withUnit(p.value, n.unit));
    }
  }
  if (!rows.size) return [];
  const names = [...rows.keys()].sort(byName);
  return [h('h2', {}, t('byPlace')),
    table([t('place'), ...shown.map((n) => inOwn(n.title))], names.map((name) => [h('b', {}, name), ...shown.map((n) => rows.get(name).get(n.id) ?? NONE)]))];
}

/** When the newest of its values was computed. */
function newest(i) {
  const times = i.indicators.map((n) => n.time).filter(Boolean).sort();
  return times.length ? `${t('asOf', { t: stamp(times.at(-1)) })}. ` : '';
}

async function drawOne(id) {
  const i = await get(`/v1/initiatives/${encodeURIComponent(id)}`);
  return [h('p', {}, h('a', { href: '#initiatives' }, `← ${t('allInitiatives')}`)), h('h1', {}, inOwn(i.title)),
    h('p.quiet', {}, inOwn(i.plan)), h('p', {}, inOwn(i.description)), figures(i), h('p.quiet', {}, newest(i), inOwn(i.note), ' ', t('facts')), ...places(i)];
}

function card(i) {
  return h('li.card', {}, h('h2', {}, h('a', { href: `#initiatives/${i.id}` }, inOwn(i.title))), h('p.quiet', {}, inOwn(i.plan)), h('p', {}, inOwn(i.description)),
    h('p.quiet', {}, `${t('comuni')}: ${number(i.comuni.length)} · ${t('indicators')}: ${number(i.indicators.length)}`));
}

/** How Grafana is connected, or where it is. */
function grafana(address) {
  if (address) return [h('h2', {}, t('grafanaTitle')), h('p', {}, h('a', { href: address, rel: 'noreferrer' }, t('openGrafana')))];
  const settings = `RIONE_GRAFANA_URL=${location.protocol}//${location.hostname}:3000\nRIONE_GRAFANA_TOKEN=…`;
  return [h('h2', {}, t('grafanaTitle')), h('p', {}, ...t('grafanaHelp').split('`').map((part, i) => (i % 2 ? h('code', {}, part) : part))), h('pre', { tabIndex: 0 }, settings)];
}

/** All initiatives, or the one that the address names. */
export async function drawInitiatives({ part: id }) {
  if (id) return drawOne(id);
  const { initiatives, dashboards } = await get('/v1/initiatives');
  return [h('h1', {}, t('initiatives')),
    initiatives.length ? h('ul.cards', {}, ...initiatives.map(card)) : h('p.empty', {}, t('noInitiatives')), ...grafana(dashboards)];
}
