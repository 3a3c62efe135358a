package dashboards

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"rione/geo"
)

// Initiative is a programme of one or more administrations: what it wants to
// reach, and how far it is. It is data, not code.
type Initiative struct {
	ID          string      `json:"id"` // [a-z0-9-], at most 9
	Title       Text        `json:"title"`
	Plan        Text        `json:"plan"` // that it belongs to
	Description Text        `json:"description"`
	Note        Text        `json:"note"`                // on where baselines and targets come from
	Comuni      []string    `json:"comuni,omitempty"`    // ISTAT codes; empty: those that the table of comuni gives it
	Split       string      `json:"split"`               // by what results are compared: comune, zone or administration
	Licence     string      `json:"licence"`             // of what it publishes
	Public      bool        `json:"public,omitempty"`    // its page is shown to anybody who has the link
	DelayHours  int         `json:"publication_delay_h"` // before anything is published
	Pages       []string    `json:"pages"`               // dashboards that lead deeper
	Indicators  []Indicator `json:"indicators"`          // the most important first
	Progress    []Progress  `json:"progress,omitempty"`  // of what passes through states
	Layers      []FactLayer `json:"layers,omitempty"`    // on maps, of what no sensor tells
	DataSets    bool        `json:"datasets,omitempty"`  // its page compares what it publishes, in the place of places
	Spread      bool        `json:"-"`                   // its comuni are in several InfluxDBs: devices cannot be asked, their figures can
}

// Indicator is a figure that an initiative wants to move.
type Indicator struct {
	ID        string    `json:"id"` // [a-z0-9-], the tag id of the measurement indicator
	Title     Text      `json:"title"`
	Unit      string    `json:"unit"`      // UCUM
	Baseline  float64   `json:"baseline"`  // before the initiative
	Target    float64   `json:"target"`    //
	Direction Direction `json:"direction"` // in which it should move
	Owner     string    `json:"owner"`     // who answers for it
	Live      *Live     `json:"live"`      // how devices tell it
	Rank      *Rank     `json:"rank"`      // how it follows from another indicator
	Ratio     *Quotient `json:"ratio"`     // how it follows from two other figures; none of the three: it is a fact of the measurement indicator
	Whole     Whole     `json:"whole"`     // what the whole is where only places tell: the mean of theirs, or the sum
}

// Direction is up or down.
type Direction string

// The directions.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Rank is where a comune stands among those of its class of population, by
// another indicator: the percentile, 100 the best.
type Rank struct {
	Of string `json:"of"` // id of the other indicator, of the same initiative
}

// Follows tells whether an indicator follows from how far things are.
func (i *Initiative) Follows(n Indicator) bool {
	return slices.ContainsFunc(i.Progress, func(p Progress) bool { return p.Figure == n.ID })
}

// Quotient is one figure by another, place by place, such as what devices cost by how
// many there are. Both are facts of the initiative; how many devices an
// administration has ("devices") rione knows.
type Quotient struct {
	Of  string `json:"of"`
	Per string `json:"per"`
}

// Whole is how the figure of the whole follows from those of its places.
type Whole string

// The ways. The zero Whole is the mean.
const (
	WholeMean Whole = "mean"
	WholeSum  Whole = "sum"
)

// ByAdministration is the split of an initiative that compares administrations:
// comuni, and unions of comuni that act as one. Each is the subject of its figures.
const ByAdministration = "administration"

// PlaceTag returns the tag by which results are compared.
func (i *Initiative) PlaceTag() string {
	if i.Split == ByAdministration {
		return "subject"
	}
	return i.Split
}

// Live takes an indicator from what devices say now.
type Live struct {
	Measurement string `json:"measurement"`
	Field       string `json:"field"`
	As          string `json:"as"` // availability (of a state), median, mean or sum over devices
}

//go:embed initiatives/*.json
var shippedInitiatives embed.FS

// ShippedInitiatives returns the initiatives that rione brings.
func ShippedInitiatives() ([]Initiative, error) {
	folder, err := fs.Sub(shippedInitiatives, "initiatives")
	if err != nil {
		return nil, err
	}
	return LoadInitiatives(folder)
}

// LoadInitiatives reads every .json file of a folder, in the order of names.
func LoadInitiatives(folder fs.FS) ([]Initiative, error) {
	names, err := fs.Glob(folder, "*.json")
	if err != nil {
		return nil, err
	}
	var out []Initiative
	var errs []error
	for _, name := range names {
		i, err := loadInitiative(folder, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path.Base(name), err))
			continue
		}
		out = append(out, i)
	}
	return out, errors.Join(errs...)
}

func loadInitiative(folder fs.FS, name string) (Initiative, error) {
	f, err := folder.Open(name)
	if err != nil {
		return Initiative{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	var i Initiative
	if err := dec.Decode(&i); err != nil {
		return Initiative{}, err
	}
	if len(i.Comuni) == 0 {
		i.Comuni = comuniOf(i.ID)
	}
	return i, i.Validate()
}

// comuniOf returns the codes of the comuni that the table gives an initiative.
func comuniOf(id string) []string {
	var out []string
	for _, c := range geo.Comuni() {
		if slices.Contains(c.Initiatives, id) {
			out = append(out, c.Code)
		}
	}
	return out
}

var (
	initiativeID = regexp.MustCompile(`^[a-z0-9-]{1,9}$`)
	indicatorID  = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	istatCode    = regexp.MustCompile(`^[0-9]{6}$`)
)

// Validate returns everything that is wrong with the initiative.
func (i *Initiative) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !initiativeID.MatchString(i.ID) {
		bad("id %q: use 1 to 9 of a-z, 0-9 and -", i.ID)
	}
	if i.Title.empty() || i.Plan.empty() || i.Description.empty() || i.Note.empty() {
		bad("title, plan, description and note are needed in both languages")
	}
	if len(i.Comuni) == 0 || slices.ContainsFunc(i.Comuni, func(c string) bool { return !istatCode.MatchString(c) }) {
		bad("comuni: at least one ISTAT code of six digits is needed, and nothing else: %q", i.Comuni)
	}
	if i.Split != "comune" && i.Split != "zone" && i.Split != ByAdministration {
		bad("split %q: compare by comune or by zone, or by administration", i.Split)
	}
	if len(i.Pages) == 0 || len(i.Indicators) == 0 {
		bad("pages and indicators: at least one of each is needed")
	}
	seen := map[string]bool{}
	for _, n := range i.Indicators {
		if err := n.validate(); err != nil || seen[n.ID] {
			bad("indicator %q, given before: %v: %w", n.ID, seen[n.ID], err)
		}
		seen[n.ID] = true
	}
	if i.Split == ByAdministration && len(geo.Administrations(i.ID)) == 0 {
		bad("split %q: the table of comuni knows no administration of %q", i.Split, i.ID)
	}
	for _, n := range i.Indicators {
		if n.Rank != nil && (n.Live != nil || n.Rank.Of == n.ID || !seen[n.Rank.Of]) {
			bad("indicator %q ranks by %q: name another indicator of the initiative, and no devices", n.ID, n.Rank.Of)
		}
	}
	for k := range i.Progress {
		p := &i.Progress[k]
		if err := p.validate(); err != nil {
			bad("progress %q: %w", p.Title.En, err)
		}
		told := func(n Indicator) bool { return n.ID == p.Figure && n.Live == nil && n.Rank == nil && n.Ratio == nil }
		if p.Figure != "" && !slices.ContainsFunc(i.Indicators, told) {
			bad("progress %q: its figure %q is no indicator that nothing else tells", p.Title.En, p.Figure)
		}
	}
	for k := range i.Layers {
		if err := i.Layers[k].validate(); err != nil {
			bad("layer %q: %w", i.Layers[k].ID, err)
		}
	}
	return errors.Join(errs...)
}

func (n Indicator) validate() error {
	switch {
	case !indicatorID.MatchString(n.ID):
		return errors.New("use 1 to 40 of a-z, 0-9 and - in its id")
	case n.Title.empty() || n.Owner == "":
		return errors.New("a title in both languages and an owner are needed")
	case n.Direction == Up && n.Target <= n.Baseline, n.Direction == Down && n.Target >= n.Baseline:
		return errors.New("the target does not lie in the direction from the baseline")
	case n.Direction != Up && n.Direction != Down:
		return fmt.Errorf("direction %q: up or down", n.Direction)
	case n.Whole != "" && n.Whole != WholeMean && n.Whole != WholeSum:
		return fmt.Errorf("whole %q: mean or sum", n.Whole)
	case n.Ratio != nil && (n.Live != nil || n.Rank != nil || !indicatorID.MatchString(n.Ratio.Of) || !indicatorID.MatchString(n.Ratio.Per) || n.ID == n.Ratio.Of || n.ID == n.Ratio.Per):
		return errors.New("a ratio is of one other figure per another, and neither ranked nor told by devices")
	}
	if n.Live == nil {
		return nil
	}
	_, err := n.Live.column()
	return err
}

// column returns how the devices' newest values become one.
func (l *Live) column() (Column, error) {
	switch l.As {
	case "availability":
		return Availability(l.Field).As("value"), nil
	case "median":
		return Percentile(l.Field, 50).As("value"), nil
	case "mean":
		return Mean(l.Field).As("value"), nil
	case "sum":
		return Sum(l.Field).As("value"), nil
	}
	return Column{}, fmt.Errorf("as %q: availability, median, mean or sum", l.As)
}
