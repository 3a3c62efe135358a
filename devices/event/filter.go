package event

import (
	"slices"
	"strings"
	"time"
)

// Filter chooses events; an empty field chooses all.
type Filter struct {
	State    State // Open chooses acknowledged ones too
	New      bool  // only those that nobody has acknowledged
	Type     Type
	Comune   string
	Comuni   []string // that the asker may see; none: all
	Device   string   // that it is about or that it concerns
	Severity Severity // at least
	Since    time.Time
}

// Chooses tells whether the event passes.
func (f *Filter) Chooses(e *Event) bool {
	return f.inState(e) &&
		(!f.New || e.Ack == nil) &&
		(f.Type == "" || f.Type == e.Type) &&
		(f.Comune == "" || f.Comune == e.Comune) &&
		(len(f.Comuni) == 0 || slices.Contains(f.Comuni, e.Comune)) &&
		(f.Device == "" || f.Device == e.Device || names(e, f.Device)) &&
		e.Severity >= f.Severity &&
		(f.Since.IsZero() || !e.Changed.Before(f.Since))
}

func (f *Filter) inState(e *Event) bool {
	switch f.State {
	case "":
		return true
	case Open:
		return !e.Ended()
	}
	return f.State == e.State
}

func names(e *Event, device string) bool {
	_, found := slices.BinarySearch(e.Devices, device)
	return found
}

// newestFirst orders events by when they were raised.
func newestFirst(a, b Event) int {
	if c := b.Raised.Compare(a.Raised); c != 0 {
		return c
	}
	return strings.Compare(b.ID, a.ID)
}
