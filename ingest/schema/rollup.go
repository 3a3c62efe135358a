package schema

// Fold is what becomes of a field's readings in a window.
type Fold uint8

// The folds. Every one counts its readings (n) and says which share of those
// expected that is (valid_pct).
const (
	FoldNone      Fold = iota // texts, and the lengths of windows
	FoldMean                  // mean, min, max
	FoldSum                   // the same and sum: amounts since the reading before
	FoldEnergetic             // mean is that of the energy of levels in dB, weighted by w; min, max
	FoldCircular              // mean direction, and r: 1 always the same, 0 from everywhere
	FoldShare                 // of a state: on_pct, the share of the time in which it is known
	FoldIncrease              // of a counter: inc, over its resets
	FoldIndex                 // max, of the air quality index
)

// Statistics of a field in a window; they follow its name and an underscore.
const (
	StatN      = "n"         // readings; of a state readings too, of eaqi hours
	StatValid  = "valid_pct" // of the readings expected; of a state, of the time
	StatMean   = "mean"
	StatMin    = "min"
	StatMax    = "max"
	StatSum    = "sum"
	StatWeight = "w"      // what the mean is weighted by, in seconds where the readings say so
	StatSteady = "r"      // length of the mean vector, 0 to 1
	StatOn     = "on_pct" // share of the known time in which the state was 1
	StatInc    = "inc"
	StatResets = "resets"
)

var foldStats = [...][]string{
	FoldMean:      {StatN, StatValid, StatMean, StatMin, StatMax},
	FoldSum:       {StatN, StatValid, StatMean, StatMin, StatMax, StatSum},
	FoldEnergetic: {StatN, StatValid, StatMean, StatMin, StatMax, StatWeight},
	FoldCircular:  {StatN, StatValid, StatMean, StatSteady},
	FoldShare:     {StatN, StatValid, StatOn},
	FoldIncrease:  {StatN, StatValid, StatInc, StatResets},
	FoldIndex:     {StatN, StatMax},
}

// Stats lists the statistics of the fold.
func (f Fold) Stats() []string { return foldStats[f] }

// folds are those that do not follow from the field's type and role.
var folds = map[string]Fold{
	"noise.laeq_db":    FoldEnergetic,
	"noise.window_s":   FoldNone,
	"traffic.window_s": FoldNone,
	"traffic.count":    FoldSum,
	"people.in_n":      FoldSum,
	"people.out_n":     FoldSum,
	"weather.rain_mm":  FoldSum,
	"weather.wind_deg": FoldCircular,
	"bb_probe.sent":    FoldSum,
	"bb_probe.rcvd":    FoldSum,
	"light.energy_kwh": FoldIncrease,
}

// FoldOf returns what becomes of a field of m in windows.
func FoldOf(m *Measurement, f *Field) Fold {
	if fold, ok := folds[m.Name+"."+f.Name]; ok {
		return fold
	}
	switch {
	case f.Type == Text:
		return FoldNone
	case f.Role == Counter:
		return FoldIncrease
	case f.Role == State:
		return FoldShare
	}
	return FoldMean
}

// AirIndex is the field that windows of the measurement air have beside those
// of its fields: the European Air Quality Index, 1 good to 6 extremely poor. Of
// an hour it is that of the hourly means, of days and months the worst hour's.
const AirIndex = "eaqi"

// unrolled are the measurements that no windows are made of: they tell of
// moments, or are sums already.
var unrolled = map[string]bool{"suspect": true, "event": true, "indicator": true, "ledger": true}

// Rolled lists the measurements that windows are made of.
func Rolled() []*Measurement {
	var out []*Measurement
	for _, m := range measurements {
		if !unrolled[m.Name] {
			out = append(out, m)
		}
	}
	return out
}

// Rollup returns how m looks at a level: as Level.Measurement names it, with
// fields such as pm10_ugm3_mean. It returns m itself for Raw, and nil for a
// measurement that no windows are made of.
func Rollup(m *Measurement, l Level) *Measurement {
	if l == Raw {
		return m
	}
	return rolled[l.Measurement(m.Name)]
}

// LookupAny returns the measurement of that name, windows included, or nil.
func LookupAny(name string) *Measurement {
	if m := byName[name]; m != nil {
		return m
	}
	return rolled[name]
}

var rolled = func() map[string]*Measurement {
	out := map[string]*Measurement{}
	for _, m := range Rolled() {
		for _, l := range Rollups() {
			r := rollupOf(m, l)
			out[r.Name] = r
		}
		for _, l := range PlaceLevels() {
			r := placesOf(m, l)
			out[r.Name] = r
		}
	}
	return out
}()

func rollupOf(m *Measurement, l Level) *Measurement {
	r := &Measurement{Name: l.Measurement(m.Name), Doc: m.Doc + ", windows of " + l.String(), Tags: m.Tags}
	r.Fields = append(statFields(m, l, Fold.Stats), CommonFields()[:2]...) // where it stood last
	r.index()
	return r
}

// statFields lists the statistics of the measurement's fields at a level.
func statFields(m *Measurement, l Level, stats func(Fold) []string) (out []Field) {
	for i := range m.Fields {
		f := &m.Fields[i]
		fold := FoldOf(m, f)
		for _, stat := range stats(fold) {
			out = append(out, statField(f, fold, stat))
		}
	}
	if m.Name == "air" && l != Quarter {
		for _, stat := range stats(FoldIndex) {
			out = append(out, statField(&Field{Name: AirIndex, Type: Int, Doc: "European Air Quality Index"}, FoldIndex, stat))
		}
	}
	return out
}

// statField is one statistic of a field.
func statField(f *Field, fold Fold, stat string) Field {
	out := Field{Name: f.Name + "_" + stat, Doc: f.Doc + ": " + statDocs[stat]}
	switch {
	case stat == StatN, stat == StatResets:
		out.Type = Int
	case stat == StatValid, stat == StatOn:
		out.Unit, out.Max = "%", 100
	case stat == StatWeight, stat == StatSteady:
	case stat == StatSum && fold == FoldEnergetic: // of energies
	case stat == StatSum && fold == FoldShare:
		out.Unit = "s"
	case stat == StatInc:
		out.Type, out.Unit = f.Type, f.Unit
	default:
		out.Unit = f.Unit
		if f.Name == AirIndex {
			out.Type = Int
		}
	}
	return out
}

var statDocs = map[string]string{
	StatN:      "readings",
	StatValid:  "share of what was expected",
	StatMean:   "mean",
	StatMin:    "lowest",
	StatMax:    "highest",
	StatSum:    "sum",
	StatWeight: "weight of the mean",
	StatSteady: "steadiness, 1 always the same",
	StatOn:     "share of the known time",
	StatInc:    "increase",
	StatResets: "resets",
}
