package simulator

import (
	"time"

	"rione/simulator/account"
	"rione/simulator/readback"
)

// Summary is what a run found.
type Summary struct {
	Devices     int     `json:"devices"`
	Connections int     `json:"connections"`
	Planned     int64   `json:"planned"`   // messages of the plan, 0 when it has no end
	Published   int64   `json:"published"` // handed to a connection
	Acked       int64   `json:"acked"`
	AckedInAll  int64   `json:"acked_in_all"` // with what faults put beside the plan
	Refused     int64   `json:"refused"`      // the broker said no
	Failed      int64   `json:"failed"`       // published and not acked, refused ones included
	PublishS    float64 `json:"publish_s"`
	Rate        float64 `json:"rate_per_s"` // published a second

	AckMS Percentiles `json:"publish_to_ack_ms"` // from the moment that a message was due
	// QueryableMS is from the moment that a message was due until a query finds
	// it, of Probed acked messages, one at a time; NeverQueryable counts those
	// that no query found within 30 s.
	QueryableMS    Percentiles `json:"publish_to_queryable_ms"`
	Probed         int64       `json:"probed"`
	NeverQueryable int64       `json:"never_queryable"`
	LagMS          Percentiles `json:"generator_lag_ms"` // from that moment until the generator got round to it
	// HeldBack counts messages that waited because their connection's window was
	// full: the broker's slowness, not the generator's.
	HeldBack int64 `json:"held_back"`
	// GeneratorOverloaded: the generator fell behind its schedule, so rate and
	// latencies say more about it than about the broker.
	GeneratorOverloaded bool        `json:"generator_overloaded"`
	Disconnects         int64       `json:"disconnects"`
	Faults              FaultCounts `json:"faults"`      // played on purpose
	Interrupted         bool        `json:"interrupted"` // ctx ended before the plan
	// Timeline is the run in pieces of equal length, a second or more.
	Timeline   []Sample   `json:"timeline,omitempty"`
	Histograms Histograms `json:"histograms"`
	// Manifest names what was published, byte for byte: the same city with the
	// same Start, rate and duration has the same one. Those of parts, XORed,
	// are that of the whole.
	Manifest string `json:"manifest"`

	// Verified: the rest says what the store holds, message by message.
	// Without a read-back it is false and the rest zero.
	Verified bool `json:"verified"`
	readback.Result
	// ClocksUnset counts acked messages of a clock of 1970, ClocksReplaced those
	// of them that are stored at another time, flagged.
	ClocksUnset    int64 `json:"clocks_unset,omitempty"`
	ClocksReplaced int64 `json:"clocks_replaced,omitempty"`
	// Strays counts acked messages of an impossible value, StraysSetAside those
	// found among the suspect.
	Strays         int64 `json:"strays,omitempty"`
	StraysSetAside int64 `json:"strays_set_aside,omitempty"`

	// Account is what rione's API said; nil when it was not asked. Accounted:
	// everything is where it is to be.
	Account   *account.Answer `json:"account,omitempty"`
	Accounted bool            `json:"accounted,omitempty"`
}

// Clean tells whether everything that was published is acked, and, where it was
// read back, stored as it was said.
func (s *Summary) Clean() bool {
	return s.Failed == 0 && !s.Interrupted && s.Result.Clean() && s.ClocksUnset == s.ClocksReplaced && s.Strays == s.StraysSetAside &&
		(s.Account == nil || s.Accounted)
}

// Histograms are the distributions that the percentiles are of.
type Histograms struct {
	Ack       Histogram `json:"publish_to_ack,omitempty"`
	Queryable Histogram `json:"publish_to_queryable,omitempty"`
	Lag       Histogram `json:"generator_lag,omitempty"`
}

// Percentiles of a duration, milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// overload is the generator's lag, at the 99th percentile, from which on it is
// called overloaded. Below it, timers and a busy machine explain the lag.
const overload = 100 * time.Millisecond
