package devices

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Summary counts what an import does to the registry, in devices.
type Summary struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"` // but not moved
	Moved     int `json:"moved"`   // have other placements than before
	Unchanged int `json:"unchanged"`
}

// Plan returns the change set that brings the registry from s to what in says,
// and what it does. Undated placements of known devices are valid from now on.
// The set expects the revision of s; it holds nothing when nothing changes, as
// for a file that was imported before. Author and Note are the caller's.
//
// A row without a state approves a pending device and leaves a retired one
// retired (StillRetired names those); a row with a state gives the device that.
func Plan(s *Snapshot, in *Import) (ChangeSet, Summary) {
	c := ChangeSet{Time: time.Now().UTC(), Expect: s.Revision}
	hashes := hashSecrets(s, in)
	entries := make(map[string]*Device)
	var order []string
	for i := range in.Rows {
		row := &in.Rows[i]
		d := entries[row.Device.ID]
		if d == nil {
			d = entryFor(s, row)
			entries[d.ID] = d
			order = append(order, d.ID)
		}
		d.apply(row, hashes[i], c.Time)
	}
	var sum Summary
	for _, id := range order {
		d, old := entries[id], s.Device(id)
		switch {
		case old == nil:
			sum.Added++
		case !slices.EqualFunc(old.Placements, d.Placements, Placement.Equal):
			sum.Moved++
		case !sameButPlacements(old, d):
			sum.Changed++
		default:
			sum.Unchanged++
			continue
		}
		c.Put = append(c.Put, *d)
	}
	return c, sum
}

// entryFor returns a copy of the entry that row is about, or a new one.
func entryFor(s *Snapshot, row *Row) *Device {
	if old := s.Device(row.Device.ID); old != nil {
		d := *old
		return &d
	}
	return &Device{ID: row.Device.ID}
}

// apply writes what row says into d; hash is "" when the secret stays.
func (d *Device) apply(row *Row, hash string, now time.Time) {
	say := &row.Device
	d.Kind = say.Kind
	setIf(&d.Name, say.Name)
	setIf(&d.Format, say.Format)
	setIf(&d.ExternalID, say.ExternalID)
	setIf(&d.Interval, say.Interval)
	setIf(&d.Model, say.Model)
	setIf(&d.Group, say.Group)
	setIf(&d.Via, say.Via)
	if len(say.Speaks) > 0 {
		d.Speaks = say.Speaks
	}
	d.Pending = row.State == Pending
	if row.State != "" {
		d.Retired = row.State == Retired
	}
	d.addCorrections(say)
	if hash != "" {
		d.SecretHash, d.SecretOld, d.SecretEnds = hash, "", time.Time{}
	}
	if row.Premises != nil {
		d.Premises = *row.Premises
	}
	if row.Moving != nil {
		d.Moving = *row.Moving
	}
	d.Placements = d.Placed(say.Placements[0], now)
}

// setIf sets a field unless v says nothing.
func setIf[T comparable](field *T, v T) {
	var nothing T
	if v != nothing {
		*field = v
	}
}

func sameButPlacements(a, b *Device) bool {
	return a.Kind == b.Kind && a.Name == b.Name && a.Format == b.Format && a.ExternalID == b.ExternalID &&
		a.Interval == b.Interval && a.Premises == b.Premises && a.Moving == b.Moving && a.SecretHash == b.SecretHash &&
		a.Model == b.Model && a.Group == b.Group && a.Via == b.Via && a.State() == b.State() && a.Pending == b.Pending &&
		slices.Equal(a.Speaks, b.Speaks) && sameCorrections(a, b)
}

// StillRetired returns the devices of the file that are retired in s and stay
// so, since their rows say no state, in the order of the file.
func (in *Import) StillRetired(s *Snapshot) []string {
	var ids []string
	told := make(map[string]bool)
	for i := range in.Rows {
		row := &in.Rows[i]
		if d := s.Device(row.Device.ID); d != nil && d.Retired && row.State == "" && !told[d.ID] {
			told[d.ID] = true
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// hashSecrets returns, for each row, the hash of its secret, "" where it has
// none or the registry has that very secret. Hashes are dear: all processors
// work on them.
func hashSecrets(s *Snapshot, in *Import) []string {
	hashes := make([]string, len(in.Rows))
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(hashes); i = int(next.Add(1)) - 1 {
				hashes[i] = newHash(s, &in.Rows[i])
				in.Progress.Tell(Hashing, int(done.Add(1)), len(hashes))
			}
		})
	}
	workers.Wait()
	return hashes
}

func newHash(s *Snapshot, row *Row) string {
	if row.Secret == "" {
		return ""
	}
	if d := s.Device(row.Device.ID); d != nil && secretMatches(d.SecretHash, row.Secret) {
		return ""
	}
	hash, err := HashSecret(row.Secret)
	if err != nil {
		return "" // the reader refused such secrets
	}
	return hash
}
