// The pages beside the map: quarantine and ledger.

import { get, post } from './api.js';
import { approve } from './approve.js';
import { h, table } from './dom.js';
import { hint, number, stamp, t } from './text.js';

/** Draws the quarantine by reason and device, with what can be done about it. */
export async function drawQuarantine(box, say) {
  const { groups } = await get('/v1/quarantine/groups');
  const act = (what, done, g) => async () => {
    if (what === 'drop' && !confirm(t('sureDrop', { n: g.count }))) return;
    try {
      const { entries } = await post(`/v1/quarantine/${what}`, { reason: g.reason, device: g.device });
      say(t(done, { n: number(entries) }));
      await drawQuarantine(box, say);
    } catch (e) {
      say(t('error', { e: e.message }), e.status);
    }
  };
  const detail = h('div', { 'aria-live': 'polite' });
  const rows = groups.map((g) => [
    h('span', {}, h('code', {}, g.reason), h('small.hint', {}, hint(g.reason))), g.device || t('unknown'), number(g.count), stamp(g.first), stamp(g.last),
    h('span.actions', {},
      g.reason === 'unknown_device' && g.device
        ? h('button', { type: 'button', onclick: () => approve(g, say, () => drawQuarantine(box, say)) }, t('approve')) : '',
      h('button.plain', { type: 'button', onclick: () => drawEntries(detail, g) }, t('entries')),
      h('button.plain', { type: 'button', onclick: act('replay', 'replayed', g) }, t('replay')),
      h('button.plain', { type: 'button', onclick: act('drop', 'dropped', g) }, t('drop'))),
  ]);
  box.replaceChildren(h('h1', {}, t('quarantine')),
    rows.length ? table([t('reason'), t('id'), t('count'), t('first'), t('lastTime'), ''], rows) : h('p.quiet', {}, t('empty')), detail);
}

async function drawEntries(box, group) {
  const { entries } = await get('/v1/quarantine', { reason: group.reason, device: group.device, limit: 20 });
  const details = entries.map((e) => {
    const d = h('details', {}, h('summary', {}, stamp(e.received), ' · ', h('code', {}, e.topic ?? ''), ' · ', e.detail ?? ''));
    d.addEventListener('toggle', async () => {
      if (!d.open || d.dataset.read) return;
      d.dataset.read = 'true';
      const full = await get(`/v1/quarantine/${encodeURIComponent(e.id)}`).catch((problem) => ({ payload: problem.message }));
      d.append(h('pre', { tabIndex: 0 }, full.payload ?? ''));
    });
    return d;
  });
  box.replaceChildren(h('h2', {}, group.reason, group.device ? ` · ${group.device}` : ''), ...details);
}

const COLUMNS = ['stored', 'partial', 'duplicate', 'quarantined', 'expired', 'points'];
const HEADS = { stored: 'storedCol', quarantined: 'quarantinedCol' };

/** Draws what became of the messages of the last day, and what of them is in quarantine now. */
export async function drawLedger(box) {
  const [byComune, byDoor, byReason] = await Promise.all(['comune', 'door', 'reason'].map((by) => get('/v1/ledger', { by })));
  const draw = (first, columns, lines, name) => table([first, ...columns.map((c) => t(HEADS[c] ?? c))],
    lines.map((l) => [name(l), ...columns.map((c) => number(l[c]))]));
  const comuni = byComune.lines.filter((l) => l.comune);
  const doors = [...byDoor.lines, { ...byDoor.total, door: t('total') }];
  box.replaceChildren(h('h1', {}, t('ledger')), h('p.quiet', {}, t('day')),
    ...(byDoor.lines.length
      ? [draw(t('door'), ['acked', ...COLUMNS], doors, (l) => l.door), h('p.quiet', {}, `${t('open')}: ${number(byDoor.total.open)}`),
        h('h2', {}, t('byComune')), draw(t('comune'), COLUMNS, comuni, (l) => l.comune_name), ...drawReasons(byReason)]
      : [h('p.quiet', {}, t('nothing'))]));
}

function drawReasons({ lines, total }) {
  if (!lines.length) return [];
  const rows = lines.map((l) => [h('span', {}, h('code', {}, l.reason), h('small.hint', {}, hint(l.reason))), number(l.held)]);
  return [h('h2', {}, t('byReason')), table([t('reason'), t('held')], [...rows, [t('total'), number(total.held)]])];
}
