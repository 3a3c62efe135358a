package devices

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"rione/geo"
)

// rows gathers the rows of a file, and every mistake in it.
type rows struct {
	gazetteer Gazetteer
	of        string // what the file counts: line or feature
	decimal   string // "," where the file writes 41,9
	rows      []Row
	bad       []LineError
	firstLine map[string]int    // of a device at a date
	holder    map[string]string // device by external identity
}

func newRows(g Gazetteer, of string) *rows {
	return &rows{gazetteer: g, of: of, firstLine: make(map[string]int), holder: make(map[string]string)}
}

// result returns the import, or the mistakes.
func (r *rows) result() (*Import, error) {
	if len(r.bad) > 0 {
		return nil, &ImportError{Lines: r.bad}
	}
	return &Import{Rows: r.rows, Of: r.of}, nil
}

func (r *rows) fail(line int, column string, err error) {
	if err != nil {
		r.bad = append(r.bad, LineError{Of: r.of, Line: line, Column: column, Problem: strings.ReplaceAll(err.Error(), "\n", "; ")})
	}
}

// add parses one row; get returns the text of a column, "" where there is none.
func (r *rows) add(line int, get func(column string) string) {
	mistakes := len(r.bad)
	row := Row{Line: line, Secret: get(colSecret)}
	d := &row.Device
	d.ID, d.Kind = get(colID), Kind(strings.ToLower(get(colKind)))
	d.Name, d.Format = get(colName), strings.ToLower(get(colFormat))
	d.ExternalID = NormalExternalID(get(colExternalID))
	r.fail(line, colID, checkID(d.ID))
	r.fail(line, colKind, checkKind(d.Kind))
	r.fail(line, colName, checkText("name", d.Name, maxName))
	r.fail(line, colFormat, checkFormat(d.Format))
	r.fail(line, colExternalID, checkExternalID(d.ExternalID))
	if row.Secret != "" {
		r.fail(line, colSecret, checkSecret(row.Secret))
	}
	d.Model, d.Group, d.Via = get(colModel), get(colGroup), get(colVia)
	d.Speaks = strings.Fields(NormalExternalID(get(colSpeaks)))
	r.fail(line, colModel, checkText("model", d.Model, maxModel))
	r.fail(line, colGroup, checkText("group", d.Group, maxModel))
	r.fail(line, colVia, d.checkVia())
	r.fail(line, colSpeaks, d.checkSpeaks())
	r.corrections(line, get, d)
	var err error
	row.State, err = parseState(get(colState))
	r.fail(line, colState, err)
	d.Interval, err = r.interval(get(colInterval))
	r.fail(line, colInterval, err)
	row.Premises, err = parseBool(colPremises, get(colPremises))
	r.fail(line, colPremises, err)
	row.Moving, err = parseBool(colMoving, get(colMoving))
	r.fail(line, colMoving, err)
	d.Placements = []Placement{r.placement(line, get)}
	if len(r.bad) == mistakes {
		r.unique(&row)
		r.rows = append(r.rows, row)
	}
}

func (r *rows) placement(line int, get func(string) string) Placement {
	from, err := parseDate(get(colValidFrom))
	r.fail(line, colValidFrom, err)
	zone := get(colZone)
	r.fail(line, colZone, checkText("zone", zone, maxZone))
	comune := get(colComune)
	if err := checkComune(comune); err != nil {
		r.fail(line, colComune, err)
		return Placement{}
	}
	at, column, err := r.position(get(colLat), get(colLon))
	if err != nil {
		r.fail(line, column, err)
		return Placement{}
	}
	p, err := Place(r.gazetteer, comune, zone, at, from)
	r.fail(line, colLat, err)
	return p
}

// position returns nil when the row gives none.
func (r *rows) position(lat, lon string) (p *geo.Point, column string, err error) {
	switch {
	case lat == "" && lon == "":
		return nil, "", nil
	case lat == "":
		return nil, colLat, fmt.Errorf("lat is missing beside lon %s; give both or neither", clip(lon))
	case lon == "":
		return nil, colLon, fmt.Errorf("lon is missing beside lat %s; give both or neither", clip(lat))
	}
	p = &geo.Point{}
	if p.Lat, err = r.number(lat); err != nil || math.Abs(p.Lat) > 90 {
		return nil, colLat, fmt.Errorf("lat %q is no latitude; write degrees between -90 and 90, such as 41.8902", clip(lat))
	}
	if p.Lon, err = r.number(lon); err != nil || math.Abs(p.Lon) > 180 {
		return nil, colLon, fmt.Errorf("lon %q is no longitude; write degrees between -180 and 180, such as 12.4922", clip(lon))
	}
	return p, "", nil
}

func (r *rows) interval(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	s, err := r.number(text)
	if err != nil || s <= 0 || s > maxInterval.Seconds() {
		return 0, fmt.Errorf("interval_s %q must be a number of seconds above 0, at most %d", clip(text), int(maxInterval.Seconds()))
	}
	return time.Duration(math.Round(s*1e3)) * time.Millisecond, nil
}

// number reads a finite decimal number.
func (r *rows) number(text string) (float64, error) {
	if r.decimal != "" {
		text = strings.Replace(text, r.decimal, ".", 1)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

func parseBool(column, text string) (*bool, error) {
	var v bool
	switch strings.ToLower(text) {
	case "":
		return nil, nil
	case "true", "yes", "1", "sì", "si":
		v = true
	case "false", "no", "0":
	default:
		return nil, fmt.Errorf("%s %q must be true or false", column, clip(text))
	}
	return &v, nil
}

// parseDate reads RFC 3339, or a date for its midnight in UTC.
func parseDate(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), checkDate(t)
		}
	}
	return time.Time{}, fmt.Errorf("valid_from %q must be a date (2025-11-22) or a time with offset (2025-11-22T08:00:00+01:00)", clip(text))
}

// unique refuses a row that repeats another, and an identity of two devices.
func (r *rows) unique(row *Row) {
	d := &row.Device
	key := d.ID + " " + d.Placements[0].ValidFrom.String()
	if first := r.firstLine[key]; first != 0 {
		r.fail(row.Line, colID, fmt.Errorf("%s is %s %d already; delete one, or give them different valid_from dates", d.ID, r.of, first))
		return
	}
	r.firstLine[key] = row.Line
	if d.ExternalID == "" {
		return
	}
	if holder := r.holder[d.ExternalID]; holder != "" && holder != d.ID {
		r.fail(row.Line, colExternalID, fmt.Errorf("external_id %s is also %s's in this file; it must be unique", d.ExternalID, holder))
		return
	}
	r.holder[d.ExternalID] = d.ID
}
