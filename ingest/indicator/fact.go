package indicator

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Fact is a dated figure of an initiative, of one of its places or of the whole.
type Fact struct {
	Initiative string    `json:"initiative"`
	ID         string    `json:"id"`
	Date       time.Time `json:"date,omitzero"` // from when it is so; midnight in Rome
	Comune     string    `json:"comune,omitempty"`
	Zone       string    `json:"zone,omitempty"`
	Subject    string    `json:"subject,omitempty"` // administration, data set or other thing that it is about
	Value      float64   `json:"value"`
	Baseline   *float64  `json:"baseline,omitempty"` // nil: the definition's
	Target     *float64  `json:"target,omitempty"`   // nil: the definition's
	Note       string    `json:"note,omitempty"`     // its source
}

var (
	word      = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	istatCode = regexp.MustCompile(`^([0-9]{6})?$`)
)

// Validate tells what is wrong with the fact.
func (f *Fact) Validate() error {
	switch {
	case !word.MatchString(f.Initiative):
		return fmt.Errorf("initiative %q: use 1 to 40 of a-z, 0-9 and -", f.Initiative)
	case !word.MatchString(f.ID):
		return fmt.Errorf("id %q: use 1 to 40 of a-z, 0-9 and -", f.ID)
	case !istatCode.MatchString(f.Comune):
		return fmt.Errorf("comune %q: write the ISTAT code, six digits", f.Comune)
	case len(f.Zone) > 100 || len(f.Subject) > 100 || len(f.Note) > 500:
		return errors.New("a zone and a subject have up to 100 bytes and a note up to 500")
	case f.Date.IsZero() || f.Date.Year() < 1900 || f.Date.Year() > 2200:
		return errors.New("write the date as 2026-01-31")
	}
	for _, v := range []*float64{&f.Value, f.Baseline, f.Target} {
		if v != nil && (math.IsNaN(*v) || math.IsInf(*v, 0)) {
			return errors.New("value, baseline and target are finite numbers")
		}
	}
	return nil
}

// ParseDate reads a date such as 2026-01-31: midnight in Rome.
func ParseDate(text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, fmt.Errorf("date %q: write it as 2026-01-31", text)
	}
	return schema.Day.Start(t.Add(12 * time.Hour)), nil // noon is that day in Rome too
}

// DateText is the inverse of ParseDate.
func DateText(t time.Time) string { return t.Add(12 * time.Hour).UTC().Format(time.DateOnly) }

// columns of a file of facts; the first four are required.
var columns = []string{"initiative", "id", "date", "value", "comune", "zone", "subject", "baseline", "target", "note"}

// ReadCSV reads facts. The header line names the columns: initiative,id,date,
// value and, if wanted, comune,zone,subject,baseline,target,note. Its error lists every
// line that is wrong.
func ReadCSV(in io.Reader) ([]Fact, error) {
	r := csv.NewReader(in)
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the header line cannot be read: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for _, name := range header {
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("unknown column %q; there are %s", name, strings.Join(columns, ","))
		}
	}
	for _, name := range columns[:4] {
		if !slices.Contains(header, name) {
			return nil, fmt.Errorf("the column %q is missing", name)
		}
	}
	var out []Fact
	var errs []error
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, errors.Join(errs...)
		}
		line, _ := r.FieldPos(0)
		var f Fact
		if err == nil {
			f, err = factOf(header, row)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		out = append(out, f)
	}
}

func factOf(header, row []string) (f Fact, err error) {
	for i, name := range header {
		text := strings.TrimSpace(row[i])
		var bad error
		switch name {
		case "initiative":
			f.Initiative = text
		case "id":
			f.ID = text
		case "date":
			f.Date, bad = ParseDate(text)
		case "value":
			f.Value, bad = strconv.ParseFloat(text, 64)
		case "comune":
			f.Comune = text
		case "zone":
			f.Zone = text
		case "subject":
			f.Subject = text
		case "baseline":
			f.Baseline, bad = optional(text)
		case "target":
			f.Target, bad = optional(text)
		case "note":
			f.Note = text
		}
		if bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, bad))
		}
	}
	if err == nil {
		err = f.Validate()
	}
	return f, err
}

func optional(text string) (*float64, error) {
	if text == "" {
		return nil, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	return &v, err
}

// newest returns of each indicator and place the fact that holds at a time.
func newest(facts []Fact, at time.Time) []Fact {
	last := map[Fact]Fact{}
	for _, f := range facts {
		key := Fact{Initiative: f.Initiative, ID: f.ID, Comune: f.Comune, Zone: f.Zone, Subject: f.Subject}
		if before, ok := last[key]; !f.Date.After(at) && (!ok || f.Date.After(before.Date)) {
			last[key] = f
		}
	}
	var out []Fact
	for _, f := range last {
		f.Date = time.Time{} // it holds now
		out = append(out, f)
	}
	return out
}

var (
	measurement = schema.Lookup("indicator")
	fields      = [...]*schema.Field{measurement.Field("value"), measurement.Field("baseline"), measurement.Field("target")}
)

// point is the fact as a point of the store, with the class of population of its
// administration, "" for none. That of the whole stands after those of its places.
func (f *Fact) point(at time.Time, class string) ingest.Point {
	p := ingest.Point{Measurement: measurement, Time: at}
	for _, t := range []ingest.Tag{
		{Name: "class", Value: class}, {Name: "comune", Value: f.Comune}, {Name: "id", Value: f.ID},
		{Name: "initiative", Value: f.Initiative}, {Name: "subject", Value: f.Subject}, {Name: "zone", Value: f.Zone},
	} {
		if t.Value != "" {
			p.Tags = append(p.Tags, t)
		}
	}
	if f.place() == (place{}) {
		p.Time = at.Add(time.Millisecond)
	}
	for i, v := range []*float64{&f.Value, f.Baseline, f.Target} {
		if v != nil {
			p.Fields = append(p.Fields, ingest.FieldValue{Field: fields[i], Float: *v})
		}
	}
	return p
}
