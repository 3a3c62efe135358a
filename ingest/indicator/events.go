package indicator

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"rione/ingest"
)

// counting is how far back events are counted.
const counting = 30 * 24 * time.Hour

// counted returns how many events of the definition's types were raised, of the whole
// and of each place that the initiative tells anything of: none is a figure too. An
// operator's note on an event is of severity 0 and counts for nothing.
func (r *Runner) counted(ctx context.Context, d Definition, figures []Fact) ([]Fact, error) {
	if len(d.Events) == 0 {
		return nil, nil
	}
	places := map[place]float64{{}: 0}
	for _, f := range figures {
		if p := f.place(); f.Initiative == d.Initiative && p.zone == "" && p == r.placeOf(&d, p.comune, "") {
			places[p] = 0
		}
	}
	q := fmt.Sprintf(`SELECT count("severity") FROM "event" WHERE time > %d AND "state" = 1 AND "severity" >= 1 AND (%s) AND (%s) GROUP BY "comune"`,
		r.opt.Now().Add(-counting).UnixNano(), oneOf("type", d.Events), oneOf("comune", d.Comuni))
	err := r.opt.Store.QueryEach(ctx, r.opt.Bucket, q, func(s *ingest.Series) error {
		n, ok := ingest.NumberOf(s.Values[0][1])
		if !ok {
			return nil
		}
		places[place{}] += n
		if p := r.placeOf(&d, s.Tags["comune"], ""); p != (place{}) {
			places[p] += n
		}
		return nil
	})
	var out []Fact
	for p, n := range places {
		out = append(out, d.at(p, n))
	}
	return out, err
}

// eventType is what a type of event looks like.
var eventType = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// validEvents tells what is wrong with the types of events.
func (d *Definition) validEvents() error {
	for _, t := range d.Events {
		if !eventType.MatchString(t) {
			return fmt.Errorf("events: %q is no type of event: use 1 to 40 of a-z, 0-9 and _", t)
		}
	}
	if len(d.Events) > 0 && (d.Live != nil || d.Rank != nil || d.Ratio != nil || d.Done != nil) {
		return errors.New("what counts events follows from nothing else")
	}
	return nil
}
