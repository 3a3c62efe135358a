package devices

import (
	"errors"
	"slices"
	"time"
)

// Check returns an *ImportError with every row that the registry cannot take as
// it is: an identity that is another device's, an entry that makes no sense with
// what the registry has of the device. c is what Plan made of the import. A
// holder for which named is false is not named; nil names all.
func (in *Import) Check(s *Snapshot, c ChangeSet, named func(holder *Device) bool) error {
	first := make(map[string]*Row, len(c.Put))
	for i := range in.Rows {
		if row := &in.Rows[i]; first[row.Device.ID] == nil {
			first[row.Device.ID] = row
		}
	}
	bad := newRows(nil, in.Of)
	for i := range c.Put {
		d := &c.Put[i]
		bad.fail(first[d.ID].Line, "", d.Validate())
	}
	_, err := s.With(s.Revision+1, c)
	for _, t := range takenIn(err) {
		if holder := s.Device(t.Holder); named != nil && holder != nil && !named(holder) {
			bad.fail(first[t.Device].Line, colExternalID, errors.New("device "+t.Device+": its identity is a device's of another comune"))
			continue
		}
		bad.fail(first[t.Device].Line, colExternalID, t)
	}
	_, mistakes := bad.result()
	return mistakes
}

// takenIn returns every TakenError in err.
func takenIn(err error) []*TakenError {
	var taken *TakenError
	switch e := err.(type) { //nolint:errorlint // joined errors are taken apart one by one
	case interface{ Unwrap() []error }:
		var all []*TakenError
		for _, part := range e.Unwrap() {
			all = append(all, takenIn(part)...)
		}
		return all
	default:
		if errors.As(err, &taken) {
			return []*TakenError{taken}
		}
	}
	return nil
}

// Backdated returns the devices of c, known to s, whose places or corrections c
// changes for times before c.Time, and the earliest of these times: points that
// are stored of them are as they were until they are stated anew. The zero time
// is since ever.
func Backdated(s *Snapshot, c ChangeSet) (ids []string, since time.Time) {
	for i := range c.Put {
		d := &c.Put[i]
		old := s.Device(d.ID)
		if old == nil {
			continue
		}
		from, changed := firstDifference(old, d)
		if !changed || !from.Before(c.Time) {
			continue
		}
		if len(ids) == 0 || from.Before(since) {
			since = from
		}
		ids = append(ids, d.ID)
	}
	return ids, since
}

// firstDifference returns the earliest time of which a and b say other places or
// corrections.
func firstDifference(a, b *Device) (from time.Time, differ bool) {
	note := func(t time.Time) {
		if !differ || t.Before(from) {
			from, differ = t, true
		}
	}
	eachDifferent(a.Placements, b.Placements, Placement.Equal, func(p Placement) { note(p.ValidFrom) })
	eachDifferent(a.Calibrations, b.Calibrations, Calibration.sameEffect, func(c Calibration) { note(c.From) })
	eachDifferent(a.Invalid, b.Invalid, Invalid.sameEffect, func(p Invalid) { note(p.From) })
	return from, differ
}

// eachDifferent yields what only one of the two lists has.
func eachDifferent[T any](a, b []T, same func(T, T) bool, yield func(T)) {
	for range 2 {
		for _, x := range a {
			if !slices.ContainsFunc(b, func(y T) bool { return same(x, y) }) {
				yield(x)
			}
		}
		a, b = b, a
	}
}
