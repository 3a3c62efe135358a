package simulator

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"rione/simulator/account"
	"rione/simulator/link"
	"rione/simulator/mqttclient"
)

// InfluxTarget is the store that readings are read back from, in InfluxQL.
type InfluxTarget struct {
	URL   string        // http://127.0.0.1:8086; "" = no read-back
	Token string        // sent as "Authorization: Token …"; user:password for InfluxDB 1.8
	DB    string        // database or bucket
	Wait  time.Duration // longest wait for the store after the last PUBACK; 0 = 60 s
}

// PushTarget is the HTTP door.
type PushTarget struct {
	URL   string // http://127.0.0.1:8080; "" = none
	Token string // of the door
}

// Options say how to run a city against a broker.
type Options struct {
	Broker      string         // tcp://host:port or tls://host:port
	Username    string         // %s is the device id; "" = the device id
	Password    string         // %s is the device id; "" = the device's own secret, if it has one
	Rate        float64        // messages a second in all; 0 = the devices' natural intervals
	Speed       float64        // or: device time per wall time, such as 24 for a day an hour
	Profile     []Knot         // or: a rate that changes, and how long to publish; For is not used then
	For         time.Duration  // how long to publish; 0 = until ctx ends, at natural intervals only
	Start       time.Time      // device time of the first readings; zero = such that the last are of now
	Faults      Faults         // what goes wrong on purpose
	Drain       time.Duration  // longest wait for PUBACKs after the last message; 0 = 30 s
	Part, Parts int            // this process plays part Part (from 0) of Parts; Parts 0 = all
	AllowRemote bool           // targets that are not loopback are refused without it
	Dialer      link.Dialer    // MQTT client; nil = the simulator's own, MQTT 3.1.1
	Push        PushTarget     // for devices whose messages are pushed
	Influx      InfluxTarget   // where readings are read back from
	API         account.Target // rione's API, asked for quarantine and ledger
	Progress    func(Progress) // called about once a second and at each change of phase; nil = nobody looks
	Logger      *slog.Logger   // nil = discard
}

// Defaults of Options.
const (
	defaultDrain = 30 * time.Second
	defaultWait  = 60 * time.Second
)

// MaxRate is the greatest rate that may be asked for, messages a second.
const MaxRate = 1_000_000

// Validate returns what is wrong with the options and how to mend it.
func (o *Options) Validate() error {
	switch {
	case o.Rate < 0 || o.Rate > MaxRate || o.Rate != o.Rate:
		return fmt.Errorf("rate %v: ask for 0 (natural intervals) to %d messages a second", o.Rate, MaxRate)
	case o.For < 0 || o.Drain < 0 || o.Influx.Wait < 0:
		return errors.New("durations cannot be negative")
	case o.Parts < 0 || o.Part < 0 || o.Part > 0 && o.Part >= o.Parts:
		return fmt.Errorf("part %d of %d: parts are counted from 0", o.Part, o.Parts)
	case o.For == 0 && (o.Rate > 0 || o.Speed > 0):
		return errors.New("a rate needs an end: say for how long, such as 1m")
	case !(o.Speed >= 0 && o.Speed <= maxSpeed):
		return fmt.Errorf("speed %v: ask for 0 to %d", o.Speed, maxSpeed)
	case one(o.Rate > 0)+one(o.Speed > 0)+one(o.Profile != nil) > 1:
		return errors.New("say a rate, a speed or a profile, and not two of them")
	}
	if err := errors.Join(checkProfile(o.Profile), o.Faults.validate()); err != nil {
		return err
	}
	if err := o.checkTarget("broker", o.Broker, "tcp", "tls"); err != nil {
		return err
	}
	if o.Push.URL != "" {
		if err := o.checkTarget("HTTP door", o.Push.URL, "http", "https"); err != nil {
			return err
		}
	}
	if o.API.URL != "" {
		if err := o.checkTarget("API", o.API.URL, "http", "https"); err != nil {
			return err
		}
	}
	if o.Influx.URL == "" {
		return nil
	}
	if o.Influx.DB == "" {
		return errors.New("which database of InfluxDB? rione's is city")
	}
	return o.checkTarget("InfluxDB", o.Influx.URL, "http", "https")
}

// maxSpeed plays two years in a minute.
const maxSpeed = 1_000_000

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// profile returns the load profile that the options ask for, nil for natural
// intervals.
func (o *Options) profile(c *City) []Knot {
	switch {
	case o.Profile != nil:
		return o.Profile
	case o.Speed > 0:
		return Constant(o.Speed*c.naturalRate(), o.For)
	case o.Rate > 0:
		return Constant(o.Rate, o.For)
	}
	return nil
}

// checkTarget refuses what is no URL, and what is on another machine unless
// that was asked for: load hurts those who did not.
func (o *Options) checkTarget(what, target string, schemes ...string) error {
	u, err := url.Parse(target)
	if err != nil || u.Hostname() == "" {
		return fmt.Errorf("%s %q is no URL such as %s://127.0.0.1:1883", what, target, schemes[0])
	}
	for _, s := range schemes {
		if u.Scheme == s {
			if o.AllowRemote || loopback(u.Hostname()) {
				return nil
			}
			return fmt.Errorf("%s %s is not on this machine; allow remote targets if it is yours to load", what, u.Host)
		}
	}
	return fmt.Errorf("%s %q: the scheme is one of %s", what, target, strings.Join(schemes, ", "))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (o Options) withDefaults() Options {
	if o.Drain == 0 {
		o.Drain = defaultDrain
	}
	if o.Influx.Wait == 0 {
		o.Influx.Wait = defaultWait
	}
	if o.Dialer == nil {
		o.Dialer, _ = mqttclient.New(mqttclient.Options{}) // its defaults are valid
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// credentials returns user name and password of d.
func (o *Options) credentials(d *Device) (user, password string) {
	user, password = d.ID, d.Secret
	if o.Username != "" {
		user = strings.ReplaceAll(o.Username, "%s", d.ID)
	}
	if o.Password != "" {
		password = strings.ReplaceAll(o.Password, "%s", d.ID)
	}
	return user, password
}
