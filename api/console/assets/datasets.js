// The page of open data: what is published, and publishing it.

import { get, post } from './api.js';
import { h, table } from './dom.js';
import { inOwn, number, span, stamp, t } from './text.js';

function row(p, act) {
  const [what, ask] = p.published ? ['withdraw', 'sureWithdraw'] : ['publish', 'surePublish'];
  return [
    h('span', {}, h('b', {}, inOwn(p.title)), h('small.hint', {}, inOwn(p.description))), p.holder.name, number(p.comuni.length), t(p.form),
    p.delay_h ? span(p.delay_h * 3600) : '–', p.licence || 'CC-BY-4.0',
    h('span', {}, t(p.published ? 'published' : 'prepared'), p.changed ? h('small.hint', {}, stamp(p.changed)) : ''),
    h('button.plain', { type: 'button', 'aria-label': `${t(what)}: ${inOwn(p.title)}`, onclick: () => act(p, what, ask) }, t(what)),
  ];
}

/** Draws the data sets with what can be done about them. */
export async function drawDatasets(box, say) {
  const { publications } = await get('/v1/publications');
  const act = async (p, what, ask) => {
    if (!confirm(t(ask, { n: inOwn(p.title) }))) return;
    try {
      await post(`/v1/publications/${encodeURIComponent(p.id)}/${what}`, {});
      await drawDatasets(box, say);
    } catch (e) {
      say(t('error', { e: e.message }), e.status);
    }
  };
  const head = [...['dataset', 'holder', 'comuni', 'form', 'delay', 'licence', 'state'].map((k) => t(k)), ''];
  box.replaceChildren(h('h1', {}, t('datasets')), h('p', {}, t('datasetsHelp')),
    h('p.links', {}, h('a', { href: '/opendata' }, t('publicPage')), h('a', { href: '/catalog' }, t('catalogue'))),
    publications.length ? table(head, publications.map((p) => row(p, act))) : h('p.quiet', {}, t('noDatasets')));
}
