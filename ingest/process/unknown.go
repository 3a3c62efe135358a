package process

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

const (
	// maxUnknown bounds the pairs of device and field that are counted alone;
	// beyond it only their sum is.
	maxUnknown = 10_000
	// maxUnknownName bounds what is kept of a field's name, bytes.
	maxUnknownName = 64
)

// UnknownFields count what devices send and no measurement has. They are safe
// for concurrent use.
type UnknownFields struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[string]map[string]int64 // by field and device
	pairs  int
}

// UnknownField is how often a device sent a field that no measurement has.
type UnknownField struct {
	Device string `json:"device"`
	Field  string `json:"field"`
	Count  int64  `json:"count"` // since the start of the process
}

// NewUnknownFields returns counts of zero. The log hears of each field once.
func NewUnknownFields(log *slog.Logger) *UnknownFields {
	return &UnknownFields{log: log, counts: map[string]map[string]int64{}}
}

func (u *UnknownFields) add(device string, fields []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, field := range fields {
		u.count(device, field[:min(len(field), maxUnknownName)])
	}
}

func (u *UnknownFields) count(device, field string) {
	by := u.counts[field]
	if _, known := by[device]; !known {
		if u.pairs == maxUnknown {
			return
		}
		u.pairs++
	}
	if by == nil {
		by = map[string]int64{}
		u.counts[strings.Clone(field)] = by
		u.log.Info("a device sends a field that no measurement has; it is kept out", "field", field, "device", device)
	}
	by[device]++
}

// All returns the counts, the largest first.
func (u *UnknownFields) All() []UnknownField {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []UnknownField
	for field, by := range u.counts {
		for device, n := range by {
			out = append(out, UnknownField{Device: device, Field: field, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b UnknownField) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Device, b.Device), strings.Compare(a.Field, b.Field))
	})
	return out
}
