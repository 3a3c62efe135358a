package indicator

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Live says how an indicator follows from what devices said last.
type Live struct {
	Measurement string
	Field       string
	As          string // availability (of a state, percent), median, mean or sum
}

// availability is the share of the devices whose state is 1. A device that is silent
// counts as one whose state is 0: nobody is served by it.
const availability = "availability"

// Silence is a device in service that should have spoken and did not.
type Silence struct {
	Device      string
	Measurement string // the default one of its kind
	Comune      string // ISTAT code
	Zone        string
}

func (l *Live) validate() error {
	m := schema.Lookup(l.Measurement)
	if m == nil || m.Field(l.Field) == nil {
		return fmt.Errorf("%s has no field %q", l.Measurement, l.Field)
	}
	if _, ok := reduce(l.As, []float64{1}); !ok {
		return fmt.Errorf("as %q: availability, median, mean or sum", l.As)
	}
	return nil
}

// said is what a device said last, and where it was then.
type said struct {
	comune, zone string
	at           time.Time
	value        float64
}

// live computes an indicator of the whole initiative and of each of its places.
func (r *Runner) live(ctx context.Context, d Definition) ([]Fact, error) {
	newest, err := r.newest(ctx, d.Live, d.Comuni)
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	places := map[place][]float64{}
	for _, s := range newest {
		places[place{}] = append(places[place{}], s.value)
		if p := r.placeOf(&d, s.comune, s.zone); p != (place{}) {
			places[p] = append(places[p], s.value)
		}
	}
	var out []Fact
	for p, values := range places {
		v, _ := reduce(d.Live.As, values)
		out = append(out, d.at(p, v))
	}
	return out, nil
}

// newest returns what each device in service said last, for an availability also of
// those that are silent. No comuni: all.
func (r *Runner) newest(ctx context.Context, l *Live, comuni []string) ([]said, error) {
	q := fmt.Sprintf(`SELECT last("%s") FROM "%s" WHERE time > %d AND (%s) GROUP BY "device_id", "comune", "zone"`,
		l.Field, l.Measurement, r.opt.Now().Add(-r.opt.Back).UnixNano(), oneOf("comune", comuni))
	found := map[string]said{}
	err := r.opt.Store.QueryEach(ctx, r.opt.Bucket, q, func(s *ingest.Series) error {
		id := s.Tags["device_id"]
		at, timed := s.Values[0][0].(time.Time)
		v, ok := ingest.NumberOf(s.Values[0][1])
		if !ok || !timed || at.Before(found[id].at) || r.opt.InService != nil && !r.opt.InService(id) {
			return nil
		}
		found[id] = said{s.Tags["comune"], s.Tags["zone"], at, v}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if l.As == availability && r.opt.Silent != nil {
		for _, s := range r.opt.Silent() {
			if s.Measurement == l.Measurement && (len(comuni) == 0 || slices.Contains(comuni, s.Comune)) {
				found[s.Device] = said{comune: s.Comune, zone: s.Zone}
			}
		}
	}
	return slices.Collect(maps.Values(found)), nil
}

// up is the state of a device that serves people.
const up = "up"

// service counts the devices of a measurement place by place: how many are up, and how
// many there are. Pages that show a share of devices show these, so that they and
// indicators tell the same.
func (r *Runner) service(ctx context.Context, measurement string) ([]Fact, error) {
	newest, err := r.newest(ctx, &Live{Measurement: measurement, Field: up, As: availability}, nil)
	if err != nil {
		return nil, err
	}
	type count struct{ up, all float64 }
	counts := map[place]count{}
	for _, s := range newest {
		p := place{comune: s.comune, zone: s.zone}
		c := counts[p]
		counts[p] = count{c.up + s.value, c.all + 1}
	}
	var out []Fact
	for p, c := range counts {
		f := (&Definition{Initiative: schema.Service, ID: measurement}).at(p, c.up)
		f.Target = &c.all
		out = append(out, f)
	}
	return out, nil
}

func oneOf(tag string, values []string) string {
	if len(values) == 0 {
		return `"` + tag + `" != ''`
	}
	return `"` + tag + `" = '` + strings.Join(values, `' OR "`+tag+`" = '`) + `'`
}

// reduce makes one value of many.
func reduce(as string, values []float64) (float64, bool) {
	var sum float64
	for _, v := range values {
		sum += v
	}
	n := len(values)
	switch as {
	case "sum":
		return sum, true
	case "mean":
		return sum / float64(n), true
	case availability:
		return 100 * sum / float64(n), true
	case "median":
		sorted := slices.Sorted(slices.Values(values))
		return (sorted[(n-1)/2] + sorted[n/2]) / 2, true
	}
	return math.NaN(), false
}
