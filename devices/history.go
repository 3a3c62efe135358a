package devices

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Change is what one change set did to one device.
type Change struct {
	Revision uint64    `json:"revision"`
	Time     time.Time `json:"time"`
	Author   string    `json:"author"`
	Note     string    `json:"note,omitempty"`
	Before   *Device   `json:"before,omitempty"` // nil when it was new
	After    *Device   `json:"after"`
}

// Difference is one field that a change gave another value, as text for people.
type Difference struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Differences returns the fields that the change gave another value, none when
// it wrote the entry as it was. Of credentials and external identities it tells
// only that they changed, of a home not where it is.
func (c *Change) Differences() []Difference {
	before := c.Before
	if before == nil {
		before = &Device{}
	}
	home := before.Premises || c.After.Premises
	old, now := before.told(home), c.After.told(home)
	var list []Difference
	for i := range now {
		if old[i] != now[i] {
			d := Difference{Field: now[i].field, Before: old[i].text, After: now[i].text}
			if now[i].hidden {
				d.Before, d.After = "", "changed"
			}
			list = append(list, d)
		}
	}
	return list
}

// told is one field of an entry as text.
type told struct {
	field, text string
	hidden      bool // only that it changed is anybody's business
}

// told returns every field of d, always in the same order.
func (d *Device) told(home bool) []told {
	interval, state := "", ""
	if d.Interval > 0 {
		interval = strconv.FormatFloat(d.Interval.Seconds(), 'f', -1, 64)
	}
	if d.ID != "" {
		state = string(d.State())
	}
	return []told{
		{field: "state", text: state},
		{field: colKind, text: string(d.Kind)},
		{field: colName, text: d.Name},
		{field: "placements", text: placementsText(d.Placements, home)},
		{field: colPremises, text: boolText(d.Premises)},
		{field: colMoving, text: boolText(d.Moving)},
		{field: colInterval, text: interval},
		{field: colFormat, text: d.Format},
		{field: colModel, text: d.Model},
		{field: colGroup, text: d.Group},
		{field: colVia, text: d.Via},
		{field: colSpeaks, text: strings.Join(d.Speaks, " "), hidden: true}, // beginnings of identities
		{field: colExternalID, text: d.ExternalID, hidden: true},
		{field: colSecret, text: d.SecretHash + " " + d.SecretOld, hidden: true},
		{field: "calibrations", text: lines(d.Calibrations, Calibration.String)},
		{field: "invalid", text: lines(d.Invalid, Invalid.String)},
		{field: "certificates", text: d.CertsFrom.UTC().String(), hidden: true},
	}
}

// lines is one line an element.
func lines[T any](list []T, text func(T) string) string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = text(list[i])
	}
	return strings.Join(out, "\n")
}

func boolText(v bool) string {
	if !v {
		return ""
	}
	return strconv.FormatBool(v)
}

// placementsText is one line a placement, without positions for a home.
func placementsText(list []Placement, home bool) string {
	return lines(list, func(p Placement) string {
		from := "since ever"
		if !p.ValidFrom.IsZero() {
			from = "from " + p.ValidFrom.UTC().Format(time.RFC3339)
		}
		where := fmt.Sprintf("%s,%s", formatDegrees(p.Point.Lat), formatDegrees(p.Point.Lon))
		if p.Uncertain || home {
			where = "somewhere in it"
		}
		return strings.Join([]string{from + ":", p.Comune, cmp.Or(p.Zone, "-"), where}, " ")
	})
}
