package opendata

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rione/api/problem"
	"rione/api/table"
	"rione/geo"
)

// Bounds of a download. Longer histories are read span by span.
const (
	defaultSpan = 7 * 24 * time.Hour
	mostSpan    = 31 * 24 * time.Hour
)

// file answers /opendata/ID.FORMAT: a table, or what is known of the data set.
func (s *Service) file(w http.ResponseWriter, r *http.Request) {
	id, ending, _ := strings.Cut(r.PathValue("file"), ".")
	p, err := s.o.Publications.Get(id)
	if err != nil || !p.Published { // one answer for both: what is prepared is nobody's business
		problem.Write(w, http.StatusNotFound, "there is no such data set; /opendata lists those that are published")
		return
	}
	format, isTable := table.FormatOf(ending)
	switch {
	case isTable:
		s.download(w, r, &p, &format)
	case ending == "json":
		s.describe(w, r, &p)
	case ending == "":
		w.Header().Set("Location", "/opendata#"+p.ID)
		w.WriteHeader(http.StatusSeeOther)
	default:
		problem.Write(w, http.StatusNotFound, "the data set is there as .csv, .ndjson, .geojson, .parquet and .json")
	}
}

func (s *Service) download(w http.ResponseWriter, r *http.Request, p *Publication, format *table.Format) {
	chosen, err := s.windowOf(r.URL.Query(), p)
	if err != nil {
		problem.Write(w, http.StatusBadRequest, err.Error())
		return
	}
	cut := chosen.cut(p, s.now())
	if fresh(w, r, fmt.Sprint(p.ID, p.Changed.UnixNano(), s.o.Registry.Snapshot().Revision, s.now(), cut, r.URL.RawQuery, format.Name)) {
		return
	}
	sink := &table.Sink{W: w, Media: format.Media, Name: p.ID + "." + format.Name}
	err = s.stream(r, p, chosen, format, sink)
	if err == nil {
		return
	}
	if !sink.Begun() {
		w.Header().Del("ETag")
		w.Header().Set("Cache-Control", "no-store")
		s.failed(w, err)
		return
	}
	s.log.Warn("a download broke off", "dataset", p.ID, "error", err)
	panic(http.ErrAbortHandler) // the client must not take a part for the whole
}

func (s *Service) stream(r *http.Request, p *Publication, w window, format *table.Format, sink *table.Sink) error {
	out, err := format.Open(p.layout(), sink)
	if err != nil {
		return err
	}
	if err := s.rows(r.Context(), p, w, out); err != nil {
		return err
	}
	return errors.Join(out.Close(), sink.Flush())
}

// windowOf reads the parameters of a download.
func (s *Service) windowOf(q url.Values, p *Publication) (window, error) {
	if wrong := problem.Unknown(q, "start", "end", "bbox"); wrong != "" {
		return window{}, errors.New(wrong)
	}
	w := window{until: s.now().Add(-p.delay())}
	var err error
	if q.Has("end") {
		if w.until, err = parseTime("end", q.Get("end")); err != nil {
			return w, err
		}
	}
	w.from = w.until.Add(-defaultSpan)
	if q.Has("start") {
		if w.from, err = parseTime("start", q.Get("start")); err != nil {
			return w, err
		}
	}
	if span := w.until.Sub(w.from); span < 0 || span > mostSpan {
		return w, errors.New("start must be before end, by at most 31 days; without end it is the newest that is published")
	}
	if q.Has("bbox") {
		box, err := geo.ParseBBox(q.Get("bbox"))
		if err != nil {
			return w, err
		}
		w.box = &box
	}
	return w, nil
}

func parseTime(name, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2260 {
		return t, errors.New(name + " must be RFC 3339 between 1970 and 2260, as 2026-11-22T13:00:00Z")
	}
	return t.UTC(), nil
}

// Description is what everybody may know of a data set.
type Description struct {
	ID           string            `json:"id"`
	Title        Text              `json:"title"`
	Description  Text              `json:"description"`
	Holder       Holder            `json:"holder"`
	Licence      string            `json:"licence"`
	Theme        string            `json:"theme"`
	Comuni       []string          `json:"comuni"`
	Measurement  string            `json:"measurement"`
	Form         Form              `json:"form"`
	DelayH       int               `json:"delay_h"`
	Modified     time.Time         `json:"modified"`
	Newest       *time.Time        `json:"newest,omitempty"`
	Completeness float64           `json:"completeness"`
	Columns      []string          `json:"columns"`
	Files        map[string]string `json:"files"`
}

func (s *Service) describe(w http.ResponseWriter, r *http.Request, p *Publication) {
	if wrong := problem.Unknown(r.URL.Query()); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	st, err := s.stateOf(r.Context(), p)
	if err != nil {
		s.failed(w, err)
		return
	}
	d := Description{
		ID: p.ID, Title: p.Title, Description: p.Description, Holder: p.Holder, Licence: p.licence(), Theme: p.Theme, Comuni: p.Comuni,
		Measurement: p.Measurement, Form: p.Form, DelayH: p.DelayH, Modified: p.Changed, Completeness: st.Completeness,
		Columns: p.layout().Columns(), Files: make(map[string]string),
	}
	if !st.Newest.IsZero() {
		d.Newest = &st.Newest
	}
	for _, f := range table.Formats() {
		d.Files[f.Name] = s.base(r) + "/opendata/" + p.ID + "." + f.Name
	}
	b, err := json.Marshal(d)
	if err != nil {
		s.failed(w, err)
		return
	}
	s.give(w, r, "application/json", b)
}
