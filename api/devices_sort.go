package api

import (
	"cmp"
	"strings"

	"rione/devices"
)

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
		k.value = timeKey(s.o.Latest.Seen(d.ID))
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

// pageOf returns the page of the devices that a filter chooses, by id where no
// other order is asked for.
func (s *Server) pageOf(c *chooser, state string, p paging) (page devicePage, err error) {
	p.sort = cmp.Or(p.sort, "device_id")
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
	page.matched = len(chosen)
	page.devices, page.next, err = sortedPage(chosen, p, s.keyOf)
	return page, err
}
