// How the page speaks: its language, and how figures, times and units are written.

import { words } from './words.js';

const KEY = 'rione.language';
let language = localStorage.getItem(KEY) ?? (navigator.language.startsWith('it') ? 'it' : 'en');

export const currentLanguage = () => language;

/** The locale that figures and times are written in. */
export const locale = () => (language === 'it' ? 'it-IT' : 'en-GB');

export function setLanguage(l) {
  language = l;
  localStorage.setItem(KEY, l);
  translate(document);
}

/** The words for a key; {n} and the like are filled in. */
export function t(key, values = {}) {
  const text = words[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** The name of a reason of quarantine. */
export const reasonName = (reason) => words[language][`r_${reason}`] ?? reason;

/** What an operator does about a reason of quarantine; '' where there is no advice. */
export const hint = (reason) => words[language][`h_${reason}`] ?? '';

/** A text that the server has in both languages. */
export const inOwn = (text) => (language === 'it' ? text?.it || text?.en : text?.en || text?.it) ?? '';

// What fields are called, English and Italian; others keep the schema's name.
const fields = {
  pm1_ugm3: 'PM1', pm25_ugm3: 'PM2.5', pm10_ugm3: 'PM10', no2_ugm3: 'NO₂', o3_ugm3: 'O₃', so2_ugm3: 'SO₂', co_mgm3: 'CO',
  c6h6_ugm3: ['Benzene', 'Benzene'], co2_ppm: 'CO₂', temp_c: ['Temperature', 'Temperatura'], rh_pct: ['Humidity', 'Umidità'],
  press_hpa: ['Pressure', 'Pressione'], wind_ms: ['Wind', 'Vento'], gust_ms: ['Gusts', 'Raffiche'],
  wind_deg: ['Wind from', 'Vento da'], rain_mm: ['Rain', 'Pioggia'], solar_wm2: ['Sunlight', 'Irraggiamento'],
  lux: ['Brightness', 'Luminosità'], laeq_db: 'LAeq', lamax_db: 'LAmax', lamin_db: 'LAmin', level_m: ['Level', 'Livello'],
  distance_m: ['Distance', 'Distanza'], count: ['Vehicles', 'Veicoli'], speed_kmh: ['Speed', 'Velocità'],
  occ_pct: ['Occupancy', 'Occupazione'], occupied: ['Occupied', 'Occupato'], free: ['Free', 'Liberi'], total: ['Spaces', 'Posti'],
  lit: ['Lit', 'Acceso'], dim_pct: ['Dimming', 'Regolazione'], power_w: ['Power', 'Potenza'], energy_kwh: ['Energy', 'Energia'],
  fault: ['Fault', 'Guasto'], fill_pct: ['Filling', 'Riempimento'], tilted: ['Tilted', 'Inclinato'], in_n: ['In', 'Entrati'],
  out_n: ['Out', 'Usciti'], up: ['In service', 'In servizio'], clients: ['Clients', 'Utenti'], cpu_pct: 'CPU',
  mem_used_pct: ['Memory', 'Memoria'], uptime_s: ['Running for', 'Acceso da'], util_pct: ['Channel use', 'Uso del canale'],
  noise_dbm: ['Noise floor', 'Rumore di fondo'], tx_power_dbm: ['Sent power', 'Potenza emessa'],
  rx_power_dbm: ['Received power', 'Potenza ricevuta'], sync_down_kbps: ['Rate down', 'Velocità in discesa'],
  sync_up_kbps: ['Rate up', 'Velocità in salita'], loss_pct: ['Loss', 'Perdita'], rtt_avg_ms: ['Round trip', 'Andata e ritorno'],
  jitter_ms: 'Jitter', capacity_mbps: ['Capacity', 'Capacità'], battery_pct: ['Battery', 'Batteria'], battery_v: ['Battery', 'Batteria'],
  rssi_dbm: ['Signal', 'Segnale'], snr_db: 'SNR', online: ['Connected', 'Collegato'], window_s: ['Window', 'Finestra'],
  fcnt: ['Frame counter', 'Contatore'], sanity_pct: ['Health', 'Salute'], portal_auth: ['Signed in', 'Autenticati'], portal_garden: ['Without sign-in', 'Senza accesso'],
  channel: ['Channel', 'Canale'], width_mhz: ['Channel width', 'Larghezza del canale'], active_ms: ['Time measured', 'Tempo misurato'],
  busy_ms: ['Time busy', 'Tempo occupato'], rssi_avg_dbm: ['Mean signal', 'Segnale medio'], down_bytes: ['Bytes down', 'Byte in discesa'],
  up_bytes: ['Bytes up', 'Byte in salita'], retries: ['Retries', 'Ritrasmissioni'], rx_bytes: ['Bytes received', 'Byte ricevuti'],
  tx_bytes: ['Bytes sent', 'Byte inviati'], errors: ['Errors', 'Errori'], speed_mbps: ['Link speed', 'Velocità del collegamento'],
  bias_ma: ['Laser current', 'Corrente del laser'], attain_down_kbps: ['Attainable down', 'Ottenibile in discesa'],
  snr_down_db: ['SNR down', 'SNR in discesa'], snr_up_db: ['SNR up', 'SNR in salita'], errored_s: ['Errored seconds', 'Secondi con errori'],
  sent: ['Sent', 'Inviati'], rcvd: ['Received', 'Ricevuti'], rtt_min_ms: ['Shortest round trip', 'Andata e ritorno minima'],
  rtt_max_ms: ['Longest round trip', 'Andata e ritorno massima'], pdv_max_ms: ['Largest variation', 'Variazione massima'],
};

const inLanguage = (name) => (Array.isArray(name) ? name[language === 'it' ? 1 : 0] : name);

export const fieldName = (field) => inLanguage(fields[field]) ?? field;

const measurements = {
  wifi_ap: ['Access point', 'Punto di accesso'], wifi_radio: 'Radio', wifi_ssid: ['Network', 'Rete'], net_if: ['Interface', 'Interfaccia'],
  bb_link: ['Line', 'Linea'], bb_probe: ['Probe', 'Sonda'], bb_speed: ['Speed test', 'Prova di velocità'], air: ['Air', 'Aria'],
  noise: ['Noise', 'Rumore'], weather: ['Weather', 'Meteo'], water: ['Water', 'Acqua'], traffic: ['Traffic', 'Traffico'],
  parking_spot: ['Parking space', 'Posto auto'], parking_area: ['Car park', 'Parcheggio'], light: ['Light', 'Luce'],
  bin: ['Container', 'Contenitore'], people: ['People', 'Persone'], device: ['Device', 'Dispositivo'],
};

export const measurementName = (name) => inLanguage(measurements[name]) ?? name;

export const kindName = (kind) => t(`k_${kind}`);

/** Puts words on everything that names a key. */
export function translate(root) {
  document.documentElement.lang = language;
  for (const e of root.querySelectorAll('[data-i18n]')) e.textContent = t(e.dataset.i18n);
  for (const e of root.querySelectorAll('[data-i18n-label]')) e.setAttribute('aria-label', t(e.dataset.i18nLabel));
  for (const e of root.querySelectorAll('[data-i18n-placeholder]')) e.placeholder = t(e.dataset.i18nPlaceholder);
  for (const e of root.querySelectorAll('[data-i18n-title]')) {
    e.title = t(e.dataset.i18nTitle);
    e.setAttribute('aria-label', e.title);
  }
}

const formats = new Map(); // made once for each locale and way: making one is slow

function format(n, way, options) {
  const key = `${locale()} ${way}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale(), options));
  return formats.get(key).format(n);
}

export const number = (n, digits = 0) => format(n, digits, { maximumFractionDigits: digits, useGrouping: 'always' });

/** A count that fits a small place: 12.3k. */
export const compact = (n) => format(n, 'compact', { notation: 'compact', maximumFractionDigits: 1 });

/** A value with as many digits as matter. */
export function value(v) {
  if (typeof v !== 'number') return String(v ?? '–');
  if (Number.isInteger(v)) return number(v);
  return number(v, Math.abs(v) >= 10 ? 1 : Math.abs(v) >= 1 ? 2 : 4);
}

/** A length of time in its largest unit. */
export function span(seconds) {
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const [unit, size] = units.find(([, s]) => seconds >= s) ?? units[3];
  return `${number(Math.floor(seconds / size))} ${unit === 'd' && language === 'it' ? 'g' : unit}`;
}

export function ago(time, now = Date.now()) {
  const seconds = (now - time) / 1000;
  return seconds < 2 ? t('now') : t('ago', { t: span(seconds) });
}

const unitNames = {
  Cel: '°C', '%': '%', 'ug/m3': 'µg/m³', 'mg/m3': 'mg/m³', '[ppm]': 'ppm', deg: '°', 'kW.h': 'kWh', By: 'B', 'W/m2': 'W/m²',
};

export const unitName = (unit) => unitNames[unit] ?? unit ?? '';

/** The clock of the city, wherever the browser is. */
export const ZONE = 'Europe/Rome';

const clocks = new Map();

/** A time written in Italy's zone; options are those of Intl.DateTimeFormat. */
export function written(time, options) {
  const key = locale() + JSON.stringify(options);
  if (!clocks.has(key)) clocks.set(key, new Intl.DateTimeFormat(locale(), { ...options, timeZone: ZONE }));
  return clocks.get(key).format(new Date(time));
}

/** A date and time, short. */
export const stamp = (time) => written(time, { dateStyle: 'short', timeStyle: 'medium' });

// What the server's refusals come to, in Italian; its own words are English.
const refusals = {
  401: 'serve una chiave di accesso valida', 403: 'la chiave non lo permette', 404: 'non esiste', 409: 'nel frattempo è cambiato',
  412: 'nel frattempo è cambiato', 422: 'un dato non va bene', 429: 'troppe richieste, riprova tra poco', 503: 'il servizio non è pronto',
};

/** What went wrong, as a person reads it: the server's own words stand behind ours. */
export function trouble(e) {
  if (!e.status) return t('error', { e: e instanceof TypeError ? t('noServer') : e.message });
  const said = [e.message, ...(e.errors ?? []).map((x) => x.message)].join('; ');
  const ours = language === 'it' && refusals[e.status];
  return t('error', { e: ours ? `${ours} (${said})` : said });
}

const ROMAN = { I: 1, V: 5, X: 10, L: 50, C: 100 };

/** The names of places in order: Municipio IX stands before Municipio X, and 9 before 10. */
export function byName(a, b) {
  const arabic = (name) => name.replace(/\b[IVXLC]+\b/g, (roman) => [...roman].reduce((sum, c, i) => sum + (ROMAN[c] < ROMAN[roman[i + 1]] ? -ROMAN[c] : ROMAN[c]), 0));
  return arabic(a).localeCompare(arabic(b), locale(), { numeric: true });
}
