// The pages of open data: what is published, each data set, and publishing it.

import { get, post } from './api.js';
import { h, sure, table } from './dom.js';
import { ago, byName, inOwn, number, span, stamp, t, trouble } from './text.js';

const licence = (p) => p.licence || 'CC-BY-4.0';
const delay = (p) => (p.delay_h ? span(p.delay_h * 3600) : t('none'));

const stateOf = (p) => h('span', {}, h(`span.mark.${p.published ? 'on' : 'off'}`, {}, t(p.published ? 'published' : 'prepared')), p.changed ? h('small.hint', {}, stamp(p.changed)) : '');

/** The button that publishes a data set or withdraws it; both ask first. */
function change(p, say, done) {
  const [what, ask] = p.published ? ['withdraw', 'sureWithdraw'] : ['publish', 'surePublish'];
  const act = async () => {
    if (!await sure(t(ask, { n: inOwn(p.title) }), t(what), t('cancel'))) return;
    try {
      await post(`/v1/publications/${encodeURIComponent(p.id)}/${what}`, {});
      await done();
    } catch (e) {
      say(trouble(e), e.status);
    }
  };
  return h('button.plain', { type: 'button', 'aria-label': `${t(what)}: ${inOwn(p.title)}`, onclick: act }, t(what));
}

const row = (p, button) => [
  h('span', {}, h('a', { href: `#datasets/${p.id}` }, h('b', {}, inOwn(p.title))), h('small.hint', {}, inOwn(p.description))),
  p.holder.name, number(p.comuni.length), t(p.form), delay(p), h('span.nowrap', {}, licence(p)), stateOf(p), button,
];

/** The data sets with what can be done about them, or the one that the address names. */
export async function drawDatasets({ part: id, say, again }) {
  const { publications } = await get('/v1/publications');
  const one = publications.find((p) => p.id === id);
  if (id) return one ? drawOne(one, change(one, say, again)) : [back(), h('h1', {}, id), h('p.empty', {}, t('noDataset'))];
  const head = ['dataset', 'holder', 'comuni', 'form', 'delay', 'licence', 'state', 'actions'].map((k) => t(k));
  return [h('h1', {}, t('datasets')), h('p', {}, t('datasetsHelp')),
    h('p.links', {}, h('a', { href: '/opendata' }, t('publicPage')), h('a', { href: '/catalog' }, t('catalogue'))),
    publications.length ? table(head, publications.map((p) => row(p, change(p, say, again)))) : h('p.empty', {}, t('noDatasets'))];
}

const back = () => h('p', {}, h('a', { href: '#datasets' }, `← ${t('datasets')}`));

/** One data set: what it is, how fresh and whole, and its files. */
async function drawOne(p, button) {
  const [all, open] = await Promise.all([get('/v1/comuni'), p.published ? get(`/opendata/${p.id}.json`) : null]);
  const names = new Map(all.comuni.map((c) => [c.comune, c.name]));
  const comuni = p.comuni.map((code) => names.get(code) ?? code).sort(byName);
  const facts = [
    ['state', stateOf(p)], ['holder', p.holder.name], ['licence', licence(p)], ['form', t(p.form)], ['delay', delay(p)],
    ['comuni', comuni.length > 8 ? h('details', {}, h('summary', {}, number(comuni.length)), comuni.join(', ')) : comuni.join(', ')],
    ...(open ? [['newest', open.newest ? `${stamp(open.newest)} · ${ago(Date.parse(open.newest))}` : t('nothing')],
      ['complete', `${number(100 * open.completeness, 1)} %`], ['columns', h('code', {}, open.columns.join(', '))]] : []),
  ];
  return [back(), h('h1', {}, inOwn(p.title)), h('p', {}, inOwn(p.description)),
    h('dl.facts', {}, ...facts.map(([k, v]) => h('div', {}, h('dt', {}, t(k)), h('dd', {}, v)))),
    open ? files(open) : h('p', {}, t('notPublic')), h('p', {}, button)];
}

const NAMES = { csv: 'CSV', geojson: 'GeoJSON', parquet: 'Parquet', ndjson: 'NDJSON' };

const files = (open) => h('p.links', {}, h('span', {}, t('files')),
  ...Object.keys(NAMES).filter((k) => open.files[k]).map((k) => h('a', { href: `/opendata/${open.id}.${k}` }, NAMES[k])),
  h('a', { href: `/opendata#${open.id}` }, t('publicPage')));
