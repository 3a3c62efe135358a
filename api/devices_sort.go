package api

import (
	"cmp"
	"slices"
	"strings"
	"time"

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

// sortedPage returns the page of the chosen devices that follows a cursor. The
// cursor says where in the order that is, so devices that come and go meanwhile
// move nobody from one page to another.
func (s *Server) sortedPage(chosen []*devices.Device, sort, after string, limit int, now time.Time) DevicePage {
	o := orderOf(sort)
	page := DevicePage{Devices: []DeviceView{}, Matched: len(chosen)}
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
		page.Devices = append(page.Devices, s.deviceView(p.device, now))
	}
	if len(rest) > limit {
		last := rest[limit-1].key
		page.Next = writeCursor(last.value + "\x00" + last.id)
	}
	return page
}
