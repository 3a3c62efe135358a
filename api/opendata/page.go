package opendata

import (
	"bytes"
	_ "embed" // the page and its style
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"rione/api/problem"
	"rione/geo"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS []byte

//nolint:gochecknoglobals // parsed once, never changed
var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", pageAge)
	_, _ = w.Write(pageCSS)
}

// listed is a data set on the page.
type listed struct {
	ID, Title, Description, Holder, Licence, LicenceURL string
	Comuni, Form, Delay                                 string
	Many                                                int    // number of comuni when they are too many to be read at a glance
	Newest, NewestText                                  string // RFC 3339 and for people, "" none
	Percent                                             int
	Files                                               []listedFile
}

// listedFile is one way to have a data set.
type listedFile struct{ Name, Ending string }

// listedFiles are the ways, in the order of how many people can use them.
func listedFiles() []listedFile {
	return []listedFile{{"CSV", "csv"}, {"GeoJSON", "geojson"}, {"Parquet", "parquet"}, {"NDJSON", "ndjson"}, {"JSON", "json"}}
}

// fewComuni is how many comuni are shown without being asked for.
const fewComuni = 12

// page is for people: it needs no script.
func (s *Service) page(w http.ResponseWriter, r *http.Request) {
	if wrong := problem.Unknown(r.URL.Query(), "lang"); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	if lang := r.URL.Query().Get("lang"); r.URL.Query().Has("lang") && words[lang] == nil {
		problem.Write(w, http.StatusBadRequest, "lang is it or en")
		return
	}
	list, states, err := s.judged(r.Context())
	if err != nil {
		s.failed(w, err)
		return
	}
	lang := languageOf(r)
	data := struct {
		Lang, Other string
		Words       map[string]string
		Sets        []listed
	}{Lang: lang, Other: other(lang), Words: words[lang]}
	for i := range list {
		data.Sets = append(data.Sets, listedOf(&list[i], states[list[i].ID], lang))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, data); err != nil {
		s.failed(w, err)
		return
	}
	w.Header().Add("Vary", "Accept-Language")
	w.Header().Set("Content-Language", lang)
	s.give(w, r, "text/html; charset=utf-8", b.Bytes())
}

func listedOf(p *Publication, st state, lang string) listed {
	out := listed{
		ID: p.ID, Title: p.Title.In(lang), Description: p.Description.In(lang), Holder: p.Holder.Name, Licence: p.licence(),
		Comuni: namesOf(p.Comuni), Form: words[lang][string(p.Form)], Delay: delayText(p.DelayH, lang), Percent: int(st.Completeness * 100),
		Files: listedFiles(),
	}
	if n := len(p.Comuni); n > fewComuni {
		out.Many = n
	}
	out.LicenceURL, _ = licenceTerm(p.Licence)
	if !st.Newest.IsZero() {
		out.Newest = st.Newest.UTC().Format("2006-01-02T15:04:05Z")
		out.NewestText = st.Newest.UTC().Format(words[lang]["time"])
	}
	return out
}

func delayText(hours int, lang string) string {
	switch hours {
	case 0:
		return words[lang]["no delay"]
	case 1:
		return words[lang]["hour"]
	}
	return strconv.Itoa(hours) + " " + words[lang]["hours"]
}

func namesOf(comuni []string) string {
	names := make([]string, len(comuni))
	for i, code := range comuni {
		names[i] = code
		if c, ok := geo.ComuneByCode(code); ok {
			names[i] = c.Name
		}
	}
	return strings.Join(names, ", ")
}

// languageOf is the parameter's, else the first of ours that the browser names;
// Italian when neither says.
func languageOf(r *http.Request) string {
	if lang := r.URL.Query().Get("lang"); lang == "it" || lang == "en" {
		return lang
	}
	for part := range strings.SplitSeq(strings.ToLower(r.Header.Get("Accept-Language")), ",") {
		switch part = strings.TrimSpace(part); {
		case strings.HasPrefix(part, "it"):
			return "it"
		case strings.HasPrefix(part, "en"):
			return "en"
		}
	}
	return "it"
}

func other(lang string) string {
	if lang == "it" {
		return "en"
	}
	return "it"
}

//nolint:gochecknoglobals // a table that nobody changes
var words = map[string]map[string]string{
	"it": {
		"title": "Dati aperti", "intro": "Dati dei sensori e delle reti pubbliche, pubblicati dalle amministrazioni che ne sono titolari. Dove i dati riguardano persone, utenti Wi-Fi o abitazioni, sono pubblicati solo gruppi di almeno cinque, per cella e ora.",
		"none": "Nessun insieme di dati è ancora pubblicato.", "catalogue": "Catalogo (DCAT-AP_IT)", "holder": "Titolare", "licence": "Licenza", "comuni": "Comuni", "form": "Forma", "delay": "Ritardo di pubblicazione", "hours": "ore", "hour": "1 ora", "no delay": "nessuno", "time": "02/01/2006, 15:04 UTC",
		"newest": "Dato più recente", "complete": "Completezza dell'ultimo giorno", "download": "Scarica", "nothing": "nessuno nell'ultimo giorno",
		"single": "letture dei singoli dispositivi", "groups": "somme e medie per cella e ora", "other": "English", "skip": "Vai agli insiemi di dati",
		"params": "Parametri dei file: start, end (RFC 3339, al più 31 giorni), bbox (minLon,minLat,maxLon,maxLat).",
	},
	"en": {
		"title": "Open data", "intro": "Data of sensors and public networks, published by the administrations that hold them. Where data are of people, Wi-Fi users or homes, only groups of five or more are published, by cell and hour.",
		"none": "No data set is published yet.", "catalogue": "Catalogue (DCAT-AP_IT)", "holder": "Holder", "licence": "Licence", "comuni": "Comuni", "form": "Form", "delay": "Publication delay", "hours": "hours", "hour": "1 hour", "no delay": "none", "time": "2 January 2006, 15:04 UTC",
		"newest": "Newest reading", "complete": "Completeness of the last day", "download": "Download", "nothing": "none in the last day",
		"single": "readings of single devices", "groups": "sums and means of a cell and an hour", "other": "Italiano", "skip": "Go to the data sets",
		"params": "Parameters of the files: start, end (RFC 3339, at most 31 days), bbox (minLon,minLat,maxLon,maxLat).",
	},
}
