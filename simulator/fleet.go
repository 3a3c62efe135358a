package simulator

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/geo"
	"rione/simulator/encode"
	"rione/simulator/signal"
)

// family is a kind of device in the fleet.
type family struct {
	kind     string
	short    string // in device ids
	label    string // in names
	share    int    // of 100 devices
	interval time.Duration
}

// families is the mix of a city: access points first, then broadband, then the
// sensors of the street.
var families = []family{
	{"wifi_ap", "ap", "Wi-Fi", 24, time.Minute},
	{"bb_node", "line", "Linea", 12, 2 * time.Minute},
	{"bb_probe", "probe", "Sonda", 6, time.Minute},
	{"air", "air", "Aria", 7, time.Minute},
	{"noise", "noise", "Rumore", 5, time.Minute},
	{"weather", "meteo", "Meteo", 3, 5 * time.Minute},
	{"water", "water", "Idrometro", 3, 5 * time.Minute},
	{"traffic", "traffic", "Traffico", 8, time.Minute},
	{"parking", "park", "Parcheggio", 12, 2 * time.Minute},
	{"light", "light", "Lampione", 10, 5 * time.Minute},
	{"bin", "bin", "Cassonetto", 7, 10 * time.Minute},
	{"people", "people", "Varco", 3, time.Minute},
}

var gatewayFamily = family{"gateway", "gw", "Gateway", 0, 5 * time.Minute}

// pattern returns the families in the order in which a fleet takes them up, so
// that a small fleet has its fair share of each: Sainte-Laguë's divisors.
func pattern() []*family {
	out := make([]*family, 0, 100)
	given := make([]int, len(families))
	for range 100 {
		best := 0
		for i := range families {
			if families[i].share*(2*given[best]+1) > families[best].share*(2*given[i]+1) {
				best = i
			}
		}
		given[best]++
		out = append(out, &families[best])
	}
	return out
}

// NewCity makes the city of the given options.
func NewCity(o CityOptions) (*City, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("city: %w", err)
	}
	b := &builder{o: o, city: &City{seed: o.Seed, world: signal.NewWorld(o.Seed), network: o.Network}, pattern: pattern()}
	if b.o.Prefix == "" {
		b.o.Prefix = "sim"
	}
	for _, name := range o.Formats {
		f, _ := encode.Lookup(name) // validated
		b.formats = append(b.formats, f)
	}
	b.native, _ = encode.Lookup("native")
	if len(b.formats) == 0 {
		b.formats = []encode.Format{b.native}
	}
	for i, n := range allot(o.Devices, o.Comuni) {
		b.settle(&o.Comuni[i], n)
	}
	return b.city, nil
}

// allot shares n devices among the comuni by population (Sainte-Laguë again).
func allot(n int, comuni []Place) []int {
	out := make([]int, len(comuni))
	total, left := 0, n
	for i := range comuni {
		total += people(&comuni[i])
	}
	for i := range comuni { // whole quotas first, so that the loop below is short
		out[i] = int(int64(n) * int64(people(&comuni[i])) / int64(total))
		left -= out[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range comuni {
			if people(&comuni[i])*(2*out[best]+1) > people(&comuni[best])*(2*out[i]+1) {
				best = i
			}
		}
		out[best]++
	}
	return out
}

func people(p *Place) int {
	if p.Population > 0 {
		return p.Population
	}
	return defaultPeople
}

// builder makes the devices of a city, comune by comune.
type builder struct {
	o       CityOptions
	city    *City
	pattern []*family
	formats []encode.Format
	native  encode.Format
	next    int // place in pattern
}

// settle adds n devices in a comune.
func (b *builder) settle(p *Place, n int) {
	numbers := map[string]int{}
	gateway := -1
	for left := n; left > 0; left-- {
		f := b.pattern[b.next%len(b.pattern)]
		format := b.formatOf(f.kind)
		if b.carried(format) && gateway < 0 { // the comune's gateway comes before what it carries
			gateway = b.add(p, &gatewayFamily, b.native, -1, numbers)
			continue
		}
		b.next++
		via := -1
		if b.carried(format) {
			via = gateway
		}
		b.add(p, f, format, via, numbers)
	}
}

// carried tells whether a gateway carries devices of a format; the HTTP door
// needs none.
func (b *builder) carried(f encode.Format) bool { return f.Carried() && !b.o.Push }

// formatOf returns what the next device of a kind speaks: one of the city's
// formats that such devices use, else native.
func (b *builder) formatOf(kind string) encode.Format {
	fitting := slices.DeleteFunc(slices.Clone(b.formats), func(f encode.Format) bool { return !f.Speaks(kind) })
	if len(fitting) == 0 {
		return b.native
	}
	return fitting[signal.Hash(b.o.Seed, uint64(len(b.city.devices)))%uint64(len(fitting))]
}

// add appends a device and returns its index. via < 0: it has a connection of
// its own.
func (b *builder) add(p *Place, f *family, format encode.Format, via int, numbers map[string]int) int {
	index := len(b.city.devices)
	numbers[f.kind]++
	n := numbers[f.kind]
	seed := signal.Hash(b.o.Seed, uint64(index)+1<<32)
	rng := rand.New(rand.NewPCG(b.o.Seed, seed))
	d := Device{
		Device: encode.Device{
			ID:     fmt.Sprintf("%s-%s-%s-%04d", b.o.Prefix, f.short, p.Code, n),
			Kind:   f.kind,
			Comune: p.Code,
			Name:   strings.TrimSpace(fmt.Sprintf("%s %s %d", f.label, p.Name, n)),
		},
		Format: format.Name(), Interval: f.interval, Via: index,
		Phase: time.Duration(rng.Int64N(f.interval.Milliseconds())) * time.Millisecond,
		seed:  seed, format: format,
	}
	d.At, d.Zone = b.place(p, b.whereabouts(p, f, n, rng))
	if via >= 0 {
		d.Via, d.Gateway = via, b.city.devices[via].ID
	}
	d.ExternalID, d.Pushed = format.Identity(&d.Device, b.o.Seed), b.o.Push || format.Pushed()
	if b.o.Secrets {
		d.Secret = secret(rng)
	}
	b.city.devices = append(b.city.devices, d)
	return index
}

// behindCabinet is how many lines share a street cabinet.
const behindCabinet = 6

// whereabouts returns the dice for the place of the nth device of a family:
// lines stand at their cabinet, everything else anywhere.
func (b *builder) whereabouts(p *Place, f *family, n int, rng *rand.Rand) *rand.Rand {
	if f.kind != "bb_node" {
		return rng
	}
	code, _ := strconv.ParseUint(p.Code, 10, 64) // validated
	return rand.New(rand.NewPCG(b.o.Seed, signal.Hash(code, uint64(n-1)/behindCabinet)))
}

// place returns a position within the comune's radius and its zone.
func (b *builder) place(p *Place, rng *rand.Rand) (geo.Point, string) {
	radius := p.Radius
	if radius == 0 {
		radius = defaultRadius
	}
	turn := rng.Float64()
	away := radius * math.Sqrt(rng.Float64()) // evenly over the disc
	const metresADegree = 111_195
	at := geo.Point{
		Lat: micro(p.Lat + away*math.Sin(2*math.Pi*turn)/metresADegree),
		Lon: micro(p.Lon + away*math.Cos(2*math.Pi*turn)/metresADegree/math.Cos(p.Lat*math.Pi/180)),
	}
	switch {
	case b.o.ZoneOf != nil:
		return at, b.o.ZoneOf(p.Code, at)
	case len(p.Zones) > 0:
		return at, p.Zones[int(turn*float64(len(p.Zones)))]
	}
	return at, ""
}

// micro rounds degrees to six decimals, about 0.1 m.
func micro(degrees float64) float64 { return math.Round(degrees*1e6) / 1e6 }

func secret(rng *rand.Rand) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], rng.Uint64())
	binary.BigEndian.PutUint64(b[8:], rng.Uint64())
	return hex.EncodeToString(b[:])
}
