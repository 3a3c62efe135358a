// The installers' page: a code, a device, a position. It knows no token; the
// code is the credential.

import { post } from './api.js';
import { $, h } from './dom.js';
import { currentLanguage, kindName, setLanguage } from './text.js';

const words = {
  en: {
    title: 'Register a device', code: 'Claim code', device: 'Device id', serial: 'Serial or devEUI (if it has one)', name: 'Name or address (if you like)',
    deviceHelp: 'As it stands on the label: 3 to 64 lower-case letters, digits and hyphens.',
    place: 'Where it stands', locate: 'Take this phone’s position', latitude: 'Latitude', longitude: 'Longitude', send: 'Register',
    purpose: 'For {comune}, {kind}: {left} left.', locating: 'Looking for the position…', accuracy: 'Position within {m} m.',
    coarse: 'Position within {m} m only: wait in the open and try again, or correct it.',
    refused: 'The phone gives no position ({e}). Write latitude and longitude.', insecure: 'The phone gives its position to https pages only. Write latitude and longitude.',
    why_1: 'permission was refused', why_2: 'it does not know where it is', why_3: 'it took too long', half: 'Write both latitude and longitude, in degrees, or neither.', pending: '{id} is registered and waits for approval.',
    approved: '{id} is registered and approved.', away: 'rione cannot be reached from here; nothing is lost, try again', failed: 'Not registered: {e}', zone: 'It stands in {zone}.', other: 'Italiano',
  },
  it: {
    title: 'Registra un dispositivo', code: 'Codice di installazione', device: 'Id del dispositivo', serial: 'Matricola o devEUI (se c’è)', name: 'Nome o indirizzo (facoltativo)',
    deviceHelp: 'Come sull’etichetta: da 3 a 64 lettere minuscole, cifre e trattini.',
    place: 'Dove si trova', locate: 'Usa la posizione di questo telefono', latitude: 'Latitudine', longitude: 'Longitudine', send: 'Registra',
    purpose: 'Per {comune}, {kind}: ne restano {left}.', locating: 'Cerco la posizione…', accuracy: 'Posizione entro {m} m.',
    coarse: 'Posizione solo entro {m} m: aspetta all’aperto e riprova, oppure correggila.',
    refused: 'Il telefono non dà la posizione ({e}). Scrivi latitudine e longitudine.', insecure: 'Il telefono dà la posizione solo alle pagine https. Scrivi latitudine e longitudine.',
    why_1: 'il permesso è negato', why_2: 'non sa dove si trova', why_3: 'ci mette troppo', half: 'Scrivi sia latitudine sia longitudine, in gradi, oppure nessuna delle due.', pending: '{id} è registrato e attende l’approvazione.',
    approved: '{id} è registrato e approvato.', away: 'da qui non si raggiunge rione; nulla va perso, riprova', failed: 'Non registrato: {e}', zone: 'Si trova in {zone}.', other: 'English',
  },
};

const COARSE = 50; // metres

const t = (word, values = {}) => words[currentLanguage()][word].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

function speak() {
  const language = currentLanguage();
  document.documentElement.lang = language;
  document.title = `rione · ${t('title')}`;
  for (const e of document.querySelectorAll('[data-word]')) e.textContent = t(e.dataset.word);
  $('language').textContent = t('other');
  $('language').lang = language === 'it' ? 'en' : 'it';
}

// What refusals come to, in Italian; the server's own words are English.
const refusals = { 403: 'il codice non vale più', 404: 'il codice non esiste', 409: 'quel dispositivo è già registrato', 422: 'un dato non va bene', 429: 'troppi tentativi, aspetta un minuto' };

/** What went wrong, as a person reads it. */
function trouble(e) {
  if (e instanceof TypeError) return t('failed', { e: t('away') });
  const ours = currentLanguage() === 'it' && refusals[e.status];
  return t('failed', { e: ours ? `${ours} (${e.message})` : e.message });
}

function tell(text, outcome) {
  $('outcome').className = outcome;
  $('outcome').textContent = text;
}

const tellPurpose = (claim) => { $('purpose').textContent = t('purpose', { kind: kindName(claim.kind), comune: claim.comune_name, left: claim.left }); };

/** Says what the code is for, once there is a whole one. */
async function look() {
  $('purpose').textContent = '';
  const code = $('code').value;
  if (code.replace(/[\s-]/g, '').length < 12) return;
  try {
    const claim = await post('/v1/claim', { code });
    tellPurpose(claim);
    tell('', '');
  } catch (e) {
    tell(trouble(e), 'bad');
  }
}

function locate() {
  if (!window.isSecureContext || !navigator.geolocation) {
    $('accuracy').textContent = t('insecure');
    return;
  }
  $('accuracy').textContent = t('locating');
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      $('lat').value = coords.latitude.toFixed(6);
      $('lon').value = coords.longitude.toFixed(6);
      $('accuracy').textContent = t(coords.accuracy > COARSE ? 'coarse' : 'accuracy', { m: Math.round(coords.accuracy) });
    },
    (e) => { $('accuracy').textContent = t('refused', { e: t(`why_${e.code}`) }); },
    { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 },
  );
}

/** The position that was written, null where one is wrong, {} for none. */
function position() {
  const [lat, lon] = ['lat', 'lon'].map((id) => $(id).value.trim().replace(',', '.'));
  if (lat === '' && lon === '') return {};
  const p = { lat: Number(lat), lon: Number(lon) };
  const good = lat !== '' && lon !== '' && Math.abs(p.lat) <= 90 && Math.abs(p.lon) <= 180;
  return good ? p : null;
}

async function send(event) {
  event.preventDefault();
  const at = position();
  if (!at) {
    tell(t('half'), 'bad');
    return;
  }
  $('send').disabled = true;
  try {
    const body = { code: $('code').value, device_id: $('device').value.trim(), serial: $('serial').value.trim(), name: $('name').value.trim(), ...at };
    const claimed = await post('/v1/claim', body);
    const said = [t(claimed.pending ? 'pending' : 'approved', { id: claimed.device_id }), claimed.zone && t('zone', { zone: claimed.zone })];
    tell(said.filter(Boolean).join(' '), 'good');
    $('done').prepend(h('li', {}, claimed.device_id));
    for (const id of ['device', 'serial', 'name', 'lat', 'lon']) $(id).value = '';
    $('accuracy').textContent = '';
    tellPurpose(claimed);
  } catch (e) {
    tell(trouble(e), 'bad');
  }
  $('send').disabled = false;
}

document.documentElement.dataset.theme = localStorage.getItem('rione.theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
$('language').addEventListener('click', () => {
  setLanguage(currentLanguage() === 'it' ? 'en' : 'it');
  speak();
  look();
});
$('code').addEventListener('change', look);
$('locate').addEventListener('click', locate);
$('claim').addEventListener('submit', send);
speak();
// A code may stand in the address, as a QR code gives it: /claim#K7QX-2MPA-9ZTD.
if (location.hash.length > 1) {
  $('code').value = decodeURIComponent(location.hash.slice(1));
  look();
}
document.body.dataset.loaded = 'true';
