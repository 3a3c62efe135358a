package app

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"rione/api"
	"rione/api/opendata"
	"rione/cmd/rione/config"
	"rione/dashboards"
)

// Initiatives returns those of the folder that the configuration names, or else those
// that rione brings.
func Initiatives(c config.Config) ([]dashboards.Initiative, error) {
	if c.Initiatives == "" {
		return dashboards.ShippedInitiatives()
	}
	all, err := dashboards.LoadInitiatives(os.DirFS(c.Initiatives))
	if err != nil {
		return nil, fmt.Errorf("RIONE_INITIATIVES, folder %s:\n%w", c.Initiatives, err)
	}
	return all, nil
}

// loadInitiatives comes first: what is wrong with a file is told before anything starts.
func (a *App) loadInitiatives(context.Context) (err error) {
	a.initiatives, err = Initiatives(a.opt.Config)
	return err
}

// Initiatives returns what the running rione has loaded.
func (a *App) Initiatives() []dashboards.Initiative { return a.initiatives }

// initiativesOf gives the API the initiatives in its own types.
func initiativesOf(all []dashboards.Initiative) []api.Initiative {
	out := make([]api.Initiative, 0, len(all))
	for _, i := range all {
		view := api.Initiative{
			ID: i.ID, Title: textOf(i.Title), Plan: textOf(i.Plan), Description: textOf(i.Description), Note: textOf(i.Note),
			Comuni: i.Comuni, Split: i.Split, Licence: i.Licence, DelayH: i.DelayHours, Pages: i.Pages,
		}
		for _, n := range i.Indicators {
			view.Indicators = append(view.Indicators, api.Indicator{
				ID: n.ID, Title: textOf(n.Title), Unit: n.Unit, Direction: string(n.Direction), Owner: n.Owner,
				Measured: n.Live != nil || len(n.Events) > 0, Baseline: n.Baseline, Target: n.Target,
			})
		}
		out = append(out, view)
	}
	return out
}

func textOf(t dashboards.Text) opendata.Text { return opendata.Text{IT: t.It, EN: t.En} }

// shownAddress is Grafana's address as people may see it: without a password.
func shownAddress(configured string) string {
	u, err := url.Parse(configured)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}
