package simulator

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// InfluxTarget is the store that readings are read back from, in InfluxQL.
type InfluxTarget struct {
	URL   string // http://127.0.0.1:8086; "" = no read-back
	Token string // sent as "Authorization: Token …"; user:password for InfluxDB 1.8
	DB    string // database or bucket
}

// Options say how to run a city against a broker.
type Options struct {
	Broker      string        // tcp://host:port
	Username    string        // %s is the device id; "" = the device id
	Password    string        // %s is the device id; "" = the device's own secret, if it has one
	Rate        float64       // messages a second in all; 0 = the devices' natural intervals
	For         time.Duration // how long to publish; 0 = until ctx ends
	Start       time.Time     // device time of the first readings; zero = such that the last are of now
	AllowRemote bool          // targets that are not loopback are refused without it
	Influx      InfluxTarget
	Progress    func(Progress) // called about once a second and at each change of phase; nil = nobody looks
	Logger      *slog.Logger   // nil = discard
}

// Progress is where a run stands.
type Progress struct {
	Phase     string        // connecting, publishing, draining, verifying
	Elapsed   time.Duration // since publishing began
	For       time.Duration // of Options
	Connected int
	Devices   int
	Planned   int64 // messages in all; 0 = no end is set
	Published int64
	Acked     int64
	Failed    int64
	Verified  int // devices read back
}

// Summary is what a run found. Durations are in milliseconds.
type Summary struct {
	Published int64 `json:"published"`
	Acked     int64 `json:"acked"`
	Failed    int64 `json:"failed"`
	Stored    int64 `json:"stored"`
	Lost      int64 `json:"lost"`
	Wrong     int64 `json:"wrong"`
}

// Run publishes what the city says until Options.For is over or ctx ends, and
// reads back what became of it.
func Run(ctx context.Context, c *City, o Options) (*Summary, error) {
	return nil, errors.New("not built yet")
}
