package api

import (
	"slices"
	"strings"
	"sync"

	"rione/devices"
	"rione/geo"
)

// mapped indexes where the devices of one revision of the registry are shown, so
// that a map that is moved about need not look at each of 100,000.
type mapped struct {
	mu    sync.Mutex
	asked *devices.Snapshot // that was asked about last
	of    *devices.Snapshot // that index is of
	index *geo.PointIndex[*devices.Device]
}

// candidates returns devices ordered by id, among them all that c may choose.
// A revision is indexed when it is asked about for the second time: while the
// registry changes all the time, looking at every device is cheaper.
func (s *Server) candidates(snapshot *devices.Snapshot, c *chooser) []*devices.Device {
	if c.box == nil && c.where.radius == 0 {
		return snapshot.All()
	}
	index := s.mapped.indexOf(snapshot, s.place)
	switch {
	case index == nil:
		return snapshot.All()
	case c.box != nil:
		return index.InBox(*c.box)
	}
	var found []*devices.Device
	for _, near := range index.Within(*c.where.near, c.where.radius) {
		found = append(found, near.Value)
	}
	slices.SortFunc(found, func(a, b *devices.Device) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// indexOf returns the index of a revision, nil when there is none yet.
func (x *mapped) indexOf(s *devices.Snapshot, place func(*devices.Device) (geo.Point, bool)) *geo.PointIndex[*devices.Device] {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.of == s {
		return x.index
	}
	if x.asked != s {
		x.asked, x.of, x.index = s, nil, nil
		return nil
	}
	x.of, x.index = s, indexShown(s, place)
	return x.index
}

func indexShown(s *devices.Snapshot, place func(*devices.Device) (geo.Point, bool)) *geo.PointIndex[*devices.Device] {
	var list []*devices.Device
	for _, d := range s.All() {
		if _, somewhere := place(d); somewhere && !d.Retired {
			list = append(list, d)
		}
	}
	return geo.NewPointIndex(list, func(d *devices.Device) geo.Point { p, _ := place(d); return p })
}
