package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// border is where a page of readings ended: at a reading of a time, in the order
// that readings of one time have. So a page costs the same wherever it is, and
// no reading is lost or repeated, also where more of that very time come in.
type border struct {
	at  time.Time
	key string
}

// resume continues after the page that ended with the cursor.
func (a *question) resume(cursor string) error {
	if cursor == "" {
		return nil
	}
	text, err := readCursor(cursor)
	if err != nil {
		return err
	}
	digits, key, _ := strings.Cut(text, " ")
	ns, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !strings.Contains(key, "\x00") {
		return badQuery("cursor", "use what the page before gave as next")
	}
	a.after = &border{time.Unix(0, ns).UTC(), key}
	if err := storable("cursor", a.after.at); err != nil {
		return err
	}
	if a.newest {
		a.end = a.after.at
	} else {
		a.start = a.after.at.Add(1)
	}
	return nil
}

// key tells a reading from all others of its time, and orders them.
func (r *Reading) key() string {
	key := r.DeviceID + "\x00" + r.Comune + "\x00" + r.Zone
	names := make([]string, 0, len(r.Tags))
	for name := range r.Tags {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key += "\x00" + name + "=" + r.Tags[name]
	}
	return key
}

func (a *question) compare(x, y Reading) int {
	if c := x.Time.Compare(y.Time); c != 0 {
		if a.newest {
			return -c
		}
		return c
	}
	return cmp.Or(strings.Compare(x.DeviceID, y.DeviceID), strings.Compare(x.key(), y.key()))
}

// page answers a question.
func (s *Server) page(ctx context.Context, q *question) (*ReadingPage, error) {
	page := &ReadingPage{Level: q.level.String(), Places: q.places, Readings: []Reading{}}
	answer := s.rows
	if q.window > 0 {
		answer = s.windows
	}
	rows, err := answer(ctx, q)
	if err != nil {
		return nil, err
	}
	if q.window == 0 && len(rows) > q.limit {
		rows = rows[:q.limit]
		last := &rows[q.limit-1]
		page.Next = writeCursor(fmt.Sprintf("%d %s", last.Time.UnixNano(), last.key()))
	}
	page.Readings = append(page.Readings, rows...)
	return page, nil
}

// windows asks for an aggregate, once for each part of the question.
func (s *Server) windows(ctx context.Context, q *question) ([]Reading, error) {
	var all []Reading
	for _, part := range q.parts() {
		rows, err := s.ask(ctx, &part)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	slices.SortStableFunc(all, q.compare)
	return all, nil
}

// rows returns the readings of a page and, unless it is the last one, at least
// the one that follows them. The store gives readings of one time in an order of
// its own, so those of the time where a page begins or ends are asked for whole.
func (s *Server) rows(ctx context.Context, q *question) ([]Reading, error) {
	var rows []Reading
	if q.after != nil {
		same, err := s.moment(ctx, q, q.after.at)
		if err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(same, func(r Reading) bool { return r.key() <= q.after.key })
	}
	if len(rows) > q.limit || !q.start.Before(q.end) {
		return rows, nil
	}
	following := *q
	following.limit = q.limit + 1 - len(rows)
	more, err := s.ask(ctx, &following)
	if err != nil {
		return nil, err
	}
	if len(more) == following.limit {
		last := more[len(more)-1].Time
		same, err := s.moment(ctx, q, last)
		if err != nil {
			return nil, err
		}
		more = append(slices.DeleteFunc(more, func(r Reading) bool { return r.Time.Equal(last) }), same...)
	}
	return append(rows, more...), nil
}

// moment returns all readings of one time.
func (s *Server) moment(ctx context.Context, q *question, at time.Time) ([]Reading, error) {
	of := *q
	of.start, of.end, of.limit = at, at.Add(1), 0
	return s.ask(ctx, &of)
}

// ask asks the store.
func (s *Server) ask(ctx context.Context, q *question) ([]Reading, error) {
	answer, err := s.query(s.about(ctx, q), q.query().In(q.buckets(s)...))
	if err != nil {
		return nil, err
	}
	var rows []Reading
	snapshot := s.o.Registry.Snapshot()
	for i := range answer {
		rows = q.read(rows, &answer[i], snapshot)
	}
	slices.SortStableFunc(rows, q.compare)
	return rows, nil
}
