// The page of the quarantine: what could not become points, by reason and device.

import { get, post } from './api.js';
import { approve } from './approve.js';
import { h, sure, table } from './dom.js';
import { reason } from './ledger.js';
import { number, reasonName, stamp, t, trouble } from './text.js';

/** The quarantine by reason and device, with what can be done about it. */
export async function drawQuarantine({ say, again }) {
  const { groups } = await get('/v1/quarantine/groups');
  const act = (what, done, g) => async () => {
    if (what === 'drop' && !await sure(t('sureDrop', { n: number(g.count) }), t('drop'), t('cancel'))) return;
    try {
      const { entries } = await post(`/v1/quarantine/${what}`, { reason: g.reason, device: g.device });
      say(t(done, { n: number(entries) }));
      await again();
    } catch (e) {
      say(trouble(e), e.status);
    }
  };
  const detail = h('div.entries', { 'aria-live': 'polite' });
  const rows = groups.map((g) => {
    const button = (word, onclick, kind = '.plain') => h(`button${kind}`, { type: 'button', 'aria-label': `${t(word)}: ${nameOf(g)}`, onclick }, t(word));
    return [
      reason(g.reason), deviceOf(g), number(g.count), stamp(g.first), stamp(g.last),
      h('span.actions', {},
        g.reason === 'unknown_device' && g.device ? button('approve', () => approve(g, say, again), '') : '',
        button('entries', () => drawEntries(detail, g)), button('replay', act('replay', 'replayed', g)), button('drop', act('drop', 'dropped', g))),
    ];
  });
  return [h('h1', {}, t('quarantine')), h('p', {}, t('quarantineHelp')),
    rows.length ? table(['reason', 'id', 'entries', 'first', 'lastTime', 'actions'].map((k) => t(k)), rows) : h('p.empty', {}, t('empty')), detail];
}

const nameOf = (g) => [reasonName(g.reason), g.device].filter(Boolean).join(' · ');

function deviceOf(g) {
  if (!g.device) return t('unknown');
  return g.reason === 'unknown_device' ? h('code', {}, g.device) : h('a', { href: `#devices/${g.device}` }, h('code', {}, g.device));
}

async function drawEntries(box, group) {
  const { entries } = await get('/v1/quarantine', { reason: group.reason, device: group.device, limit: 20 });
  const details = entries.map((e) => {
    const d = h('details', {}, h('summary', {}, stamp(e.received), ' · ', h('code', {}, e.topic ?? ''), e.detail ? ` · ${e.detail}` : ''));
    d.addEventListener('toggle', async () => {
      if (!d.open || d.dataset.read) return;
      d.dataset.read = 'true';
      const full = await get(`/v1/quarantine/${encodeURIComponent(e.id)}`).catch((problem) => ({ payload: trouble(problem) }));
      d.append(h('pre', { tabIndex: 0 }, full.payload ?? ''));
    });
    return d;
  });
  box.replaceChildren(h('h2', { tabIndex: -1 }, nameOf(group)), ...details);
  box.firstChild.focus();
}
