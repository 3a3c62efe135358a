package dashboards

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rione/geo"
)

var (
	initiativeID = regexp.MustCompile(`^[a-z0-9-]{1,9}$`)
	indicatorID  = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
	eventType    = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)
	istatCode    = regexp.MustCompile(`^[0-9]{6}$`)
)

// check collects what is wrong with an initiative.
type check struct{ errs []error }

// bad notes what is wrong, and the word by which a person finds it in the file.
func (c *check) bad(word, format string, args ...any) {
	c.errs = append(c.errs, about(word, format, args...))
}

// Validate returns everything that is wrong with the initiative.
func (i *Initiative) Validate() error {
	c := &check{}
	i.checkItself(c)
	i.checkIndicators(c)
	i.checkDomains(c)
	i.checkProgress(c)
	for k := range i.Layers {
		if err := i.Layers[k].validate(); err != nil {
			c.bad(i.Layers[k].ID, "layer %q: %w", i.Layers[k].ID, err)
		}
	}
	return errors.Join(c.errs...)
}

func (i *Initiative) checkItself(c *check) {
	if !initiativeID.MatchString(i.ID) {
		c.bad("id", "id %q: use 1 to 9 of a-z, 0-9 and -", i.ID)
	}
	texts := [...]Text{i.Title, i.Plan, i.Description, i.Note}
	for k, word := range [...]string{"title", "plan", "description", "note"} {
		if texts[k].empty() {
			c.bad(word, "%s: it is needed in both languages, as {\"it\": …, \"en\": …}", word)
		}
	}
	if len(i.Comuni) == 0 || slices.ContainsFunc(i.Comuni, func(c string) bool { return !istatCode.MatchString(c) }) {
		c.bad("comuni", "comuni: at least one ISTAT code of six digits is needed, and nothing else: %q", i.Comuni)
	}
	switch {
	case i.Split != "comune" && i.Split != "zone" && i.Split != ByAdministration:
		c.bad("split", "split %q: compare by comune or by zone, or by administration", i.Split)
	case i.Split == ByAdministration && len(geo.Administrations(i.ID)) == 0:
		c.bad("split", "split %q: the table of comuni knows no administration of %q", i.Split, i.ID)
	}
	if len(i.Pages) == 0 || len(i.Indicators) == 0 {
		c.bad("pages", "pages and indicators: at least one of each is needed")
	}
	for _, p := range i.leads() {
		if !strings.HasPrefix(p, planPrefix) && !slices.Contains(pageNames(), p) {
			c.bad(p, "it leads to %q, and there is no such page; there are %s", p, strings.Join(pageNames(), ", "))
		}
	}
}

// leads are the pages that the initiative leads to.
func (i *Initiative) leads() []string {
	out := slices.Clone(i.Pages)
	for _, d := range i.Domains {
		out = append(out, d.Page)
	}
	return out
}

// checkDomains wants each indicator to be of a domain, where there are any, and each
// domain to have one.
func (i *Initiative) checkDomains(c *check) {
	for k, d := range i.Domains {
		switch {
		case !indicatorID.MatchString(d.ID) || d.Title.empty():
			c.bad(d.ID, "domain %q: an id of a-z, 0-9 and -, and a title in both languages are needed", d.ID)
		case slices.ContainsFunc(i.Domains[:k], func(o Domain) bool { return o.ID == d.ID }):
			c.bad(d.ID, "domain %q: it is given before", d.ID)
		case len(i.in(d)) == 0:
			c.bad(d.ID, "domain %q: no indicator is of it", d.ID)
		}
	}
	for _, n := range i.Indicators {
		of := slices.ContainsFunc(i.Domains, func(d Domain) bool { return d.ID == n.Domain })
		if !of && (n.Domain != "" || len(i.Domains) > 0) {
			c.bad(n.ID, "indicator %q is of domain %q, which is none of the initiative's", n.ID, n.Domain)
		}
	}
}

func (i *Initiative) checkIndicators(c *check) {
	seen := map[string]bool{}
	for _, n := range i.Indicators {
		if err := n.validate(); err != nil {
			c.bad(n.ID, "indicator %q: %w", n.ID, err)
		}
		if seen[n.ID] {
			c.bad(n.ID, "indicator %q: it is given before", n.ID)
		}
		seen[n.ID] = true
	}
	for _, n := range i.Indicators {
		if n.Rank != nil && (n.Live != nil || n.Rank.Of == n.ID || !seen[n.Rank.Of]) {
			c.bad(n.ID, "indicator %q ranks by %q: name another indicator of the initiative, and no devices", n.ID, n.Rank.Of)
		}
	}
}

func (i *Initiative) checkProgress(c *check) {
	for k := range i.Progress {
		p := &i.Progress[k]
		if err := p.validate(); err != nil {
			c.bad(p.Title.En, "progress %q: %w", p.Title.En, err)
		}
		told := func(n Indicator) bool { return n.ID == p.Figure && n.Live == nil && n.Rank == nil && n.Ratio == nil }
		if p.Figure != "" && !slices.ContainsFunc(i.Indicators, told) {
			c.bad(p.Title.En, "progress %q: its figure %q is no indicator that nothing else tells", p.Title.En, p.Figure)
		}
	}
}

func (n Indicator) validate() error {
	switch {
	case !indicatorID.MatchString(n.ID):
		return errors.New("use 1 to 40 of a-z, 0-9 and - in its id")
	case n.Title.empty() || n.Owner == "":
		return errors.New("a title in both languages and an owner are needed")
	case n.Direction != Up && n.Direction != Down:
		return fmt.Errorf("direction %q: up or down", n.Direction)
	case n.Direction == Up && n.Target <= n.Baseline, n.Direction == Down && n.Target >= n.Baseline:
		return fmt.Errorf("the target %v does not lie in the direction %s from the baseline %v", n.Target, n.Direction, n.Baseline)
	case n.Whole != "" && n.Whole != WholeMean && n.Whole != WholeSum:
		return fmt.Errorf("whole %q: mean or sum", n.Whole)
	case n.Ratio != nil && (n.Live != nil || n.Rank != nil || !indicatorID.MatchString(n.Ratio.Of) || !indicatorID.MatchString(n.Ratio.Per) || n.ID == n.Ratio.Of || n.ID == n.Ratio.Per):
		return errors.New("a ratio is of one other figure per another, and neither ranked nor told by devices")
	}
	if _, err := grafanaUnit(n.Unit); err != nil {
		return err
	}
	if at := slices.IndexFunc(n.Events, func(t string) bool { return !eventType.MatchString(t) }); at >= 0 {
		return fmt.Errorf("events: %q is no type of event", n.Events[at])
	}
	if len(n.Events) > 0 && (n.Live != nil || n.Rank != nil || n.Ratio != nil) {
		return errors.New("what counts events follows from nothing else")
	}
	if n.Live == nil {
		return nil
	}
	column, err := n.Live.column()
	if err != nil {
		return err
	}
	return From(n.Live.Measurement).Select(Last(n.Live.Field)).By("device_id").Of().Select(column).Err()
}
