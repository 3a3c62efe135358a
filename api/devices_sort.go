package api

import (
	"cmp"
	"slices"
	"strings"

	"rione/devices"
)

// sortKey is where a device stands in a sorted list.
type sortKey struct{ value, id string }

// order is a member of devices to sort by, and which way.
type order struct {
	member string
	turned bool
}

func orderOf(sort string) order {
	member, turned := strings.CutPrefix(cmp.Or(sort, "device_id"), "-")
	return order{member, turned}
}

func (o order) compare(a, b sortKey) int {
	c := cmp.Compare(a.value, b.value)
	if o.turned {
		c = -c
	}
	return cmp.Or(c, cmp.Compare(a.id, b.id))
}

func (s *Server) keyOf(d *devices.Device, member string) sortKey {
	k := sortKey{id: d.ID}
	switch member {
	case "device_id":
		k.value = d.ID
	case "name":
		k.value = strings.ToLower(d.Name)
	case "kind":
		k.value = string(d.Kind)
	case "comune_name":
		k.value = comuneName(d.Current().Comune)
	case "seen":
		if seen := s.o.Latest.Seen(d.ID); !seen.IsZero() {
			k.value = seen.UTC().Format("2006-01-02T15:04:05.000000000")
		}
	}
	return k
}

// devicePage is which devices stand on a page.
type devicePage struct {
	devices []*devices.Device
	metres  []float64 // of each from the point that was asked about; nil without nearest
	matched int       // on all pages
	next    string    // cursor of the following page
}

// pageOf returns the page of the devices that a filter chooses.
func (s *Server) pageOf(c *chooser, state, sort, cursor string, limit int) (devicePage, error) {
	after, err := readCursor(cursor)
	if err != nil {
		return devicePage{}, err
	}
	now := s.o.Now()
	var chosen []*devices.Device
	for _, d := range s.candidates(s.o.Registry.Snapshot(), c) {
		if c.wants(d) && s.hasState(d, state, now) {
			chosen = append(chosen, d)
		}
	}
	if c.where.nearest > 0 {
		return s.nearestPage(chosen, &c.where), nil
	}
	return s.sortedPage(chosen, sort, after, limit), nil
}

// sortedPage returns the page of the chosen devices that follows a cursor. The
// cursor says where in the order that is, so devices that come and go meanwhile
// move nobody from one page to another.
func (s *Server) sortedPage(chosen []*devices.Device, sort, after string, limit int) devicePage {
	o := orderOf(sort)
	page := devicePage{matched: len(chosen)}
	var from sortKey
	from.value, from.id, _ = strings.Cut(after, "\x00")
	type placed struct {
		key    sortKey
		device *devices.Device
	}
	rest := make([]placed, 0, len(chosen))
	for _, d := range chosen {
		if k := s.keyOf(d, o.member); after == "" || o.compare(k, from) > 0 {
			rest = append(rest, placed{k, d})
		}
	}
	slices.SortFunc(rest, func(a, b placed) int { return o.compare(a.key, b.key) })
	for _, p := range rest[:min(limit, len(rest))] {
		page.devices = append(page.devices, p.device)
	}
	if len(rest) > limit {
		last := rest[limit-1].key
		page.next = writeCursor(last.value + "\x00" + last.id)
	}
	return page
}
