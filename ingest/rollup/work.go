package rollup

import (
	"context"
	"maps"
	"slices"
	"time"

	"rione/ingest/schema"
)

// devicesAtOnce is how many devices one query names.
const devicesAtOnce = 100

// span is a range of time, the end not included.
type span struct {
	from, to time.Time
	anew     bool // the windows that stand there are no measure, and go first
}

// work is the spans that have to be made again, each with its devices.
type work map[span]map[string]bool

func (w work) add(s span, device string) {
	if w[s] == nil {
		w[s] = map[string]bool{}
	}
	w[s][device] = true
}

// joined returns the same work with what touches or overlaps made one, so that
// history is read in long pieces. Spans end with months, which bounds what one
// query reads and gives devices with the same history the same spans.
func (w work) joined() work {
	byDevice := map[string][]span{}
	for s, devices := range w {
		for d := range devices {
			byDevice[d] = append(byDevice[d], s)
		}
	}
	out := work{}
	for d, spans := range byDevice {
		for _, s := range join(spans) {
			for _, part := range byMonth(s) {
				out.add(part, d)
			}
		}
	}
	return out
}

// join returns the spans oldest first, without any that touch.
func join(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	var out []span
	for _, s := range spans {
		last := len(out) - 1
		if last < 0 || s.from.After(out[last].to) {
			out = append(out, s)
			continue
		}
		if s.to.After(out[last].to) {
			out[last].to = s.to
		}
		out[last].anew = out[last].anew || s.anew
	}
	return out
}

func byMonth(s span) (out []span) {
	for s.from.Before(s.to) {
		part := s
		if end := schema.Month.Next(schema.Month.Start(s.from)); end.Before(s.to) {
			part.to = end
		}
		out = append(out, part)
		s.from = part.to
	}
	return out
}

// each calls f for every span, oldest first, with as many devices as fit into a
// query, and leaves the store time for others in between.
func (r *Runner) each(ctx context.Context, todo work, f func(s span, devices []string) error) error {
	spans := slices.SortedFunc(maps.Keys(todo), func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range spans {
		for devices := range slices.Chunk(slices.Sorted(maps.Keys(todo[s])), devicesAtOnce) {
			began := time.Now()
			if err := f(s, devices); err != nil {
				return err
			}
			if err := r.rest(ctx, time.Since(began)); err != nil {
				return err
			}
		}
	}
	return nil
}
