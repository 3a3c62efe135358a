// The page of routes: how topics become messages, and what happens to one.

import { get } from './api.js';
import { h, table } from './dom.js';
import { t, trouble } from './text.js';

async function answer(topic) {
  const a = await get('/v1/routes/test', { topic });
  if (a.route) return `${t('routeFits', { r: a.route.name, f: a.route.format })} ${a.device ? t('routeDevice', { d: a.device }) : ''}`;
  return `${t('noRouteFits')} ${a.nearest ? t('nearest', { r: a.nearest.name, f: a.nearest.filter }) : ''}`;
}

function tester() {
  const topic = h('input', { name: 'topic', required: true, maxLength: 1024, spellcheck: false });
  const found = h('output', {});
  return h('form.try', {
    onsubmit: async (e) => {
      e.preventDefault();
      found.textContent = await answer(topic.value.trim()).catch((problem) => trouble(problem));
    },
  }, h('label', {}, h('span', {}, t('tryTopic')), topic), h('button', {}, t('tryIt')), found);
}

/** The table of routes in the order in which they are tried. */
export async function drawRoutes() {
  const { routes } = await get('/v1/routes');
  const said = ['comune', 'device', 'trust'].filter((k) => routes.some((r) => r[k])); // most routes say none of them
  const head = ['route', 'filter', 'format', ...said.map((k) => (k === 'device' ? 'id' : k)), 'from'].map((k) => t(k));
  return [h('h1', {}, t('routes')), h('p', {}, t('routesHelp')), tester(), table(head, routes.map((r) => [
    r.name, h('code', {}, r.filter), h('code', {}, r.format), ...said.map((k) => r[k] ?? ''), t(r.own ? 'ownRoute' : 'shipped')]))];
}
