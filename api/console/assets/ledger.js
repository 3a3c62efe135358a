// The page of the ledger: what became of every acknowledged message.

import { get } from './api.js';
import { h, table } from './dom.js';
import { byName, hint, number, reasonName, t } from './text.js';

const COLUMNS = ['stored', 'partial', 'duplicate', 'quarantined', 'expired', 'points'];
const HEADS = { stored: 'storedCol', quarantined: 'quarantinedCol' };

/** What became of the messages of the last day, and what of them is in quarantine now. */
export async function drawLedger() {
  const [byComune, byDoor, byReason] = await Promise.all(['comune', 'door', 'reason'].map((by) => get('/v1/ledger', { by })));
  const draw = (first, columns, lines, name) => table([first, ...columns.map((c) => t(HEADS[c] ?? c))],
    lines.map((l) => [name(l), ...columns.map((c) => number(l[c]))]));
  const comuni = byComune.lines.filter((l) => l.comune).sort((a, b) => byName(a.comune_name, b.comune_name));
  const doors = [...byDoor.lines, { ...byDoor.total, door: h('b', {}, t('total')) }];
  return [h('h1', {}, t('ledger')),
    ...(byDoor.lines.length
      ? [h('p', {}, `${t('day')}. `, balance(byDoor.total)), draw(t('door'), ['acked', ...COLUMNS], doors, (l) => l.door),
        h('h2', {}, t('byComune')), draw(t('comune'), COLUMNS, comuni, (l) => l.comune_name), ...drawReasons(byReason)]
      : [h('p.empty', {}, t('nothing'))])];
}

/** Whether everything that was acknowledged is accounted for. */
function balance({ acked, open }) {
  return open > 0 ? t('underWay', { n: number(acked), open: number(open) }) : h('b.good', {}, t('balanced', { n: number(acked) }));
}

function drawReasons({ lines, total }) {
  if (!lines.length) return [];
  const rows = lines.map((l) => [reason(l.reason), number(l.held)]);
  return [h('h2', {}, t('byReason')), table([t('reason'), t('held')], [...rows, [h('b', {}, t('total')), number(total.held)]])];
}

/** A reason of quarantine: its name, its code, and what to do. */
export const reason = (r) => h('span', {}, h('b', {}, reasonName(r)), ' ', h('code.quiet', {}, r), h('small.hint', {}, hint(r)));
