package app

import (
	"rione/devices"
	"rione/devices/event"
	"rione/ingest/indicator"
	"rione/ingest/schema"
)

// inService tells whether a device is registered and works.
func (a *App) inService(id string) bool { return working(a.registry.Snapshot(), id) != nil }

func working(s *devices.Snapshot, id string) *devices.Device {
	if d := s.Device(id); d != nil && !d.Retired && !d.Pending {
		return d
	}
	return nil
}

// silent returns the devices that presence holds silent now.
func (a *App) silent() []indicator.Silence {
	return silences(a.watch.book.List(event.Filter{State: event.Open}), a.registry.Snapshot())
}

// silences are the devices in service that events of presence name. Of what is rione's
// own fault nothing is known about devices.
func silences(open []event.Event, s *devices.Snapshot) []indicator.Silence {
	var out []indicator.Silence
	for i := range open {
		e := &open[i]
		if e.Source != event.FromPresence || e.Type == event.OwnFault {
			continue
		}
		for _, id := range e.Devices {
			d := working(s, id)
			if d == nil {
				continue
			}
			if m, at := schema.DefaultOf(string(d.Kind)), d.Current(); m != nil {
				out = append(out, indicator.Silence{Device: id, Measurement: m.Name, Comune: at.Comune, Zone: at.Zone})
			}
		}
	}
	return out
}
