package app

import (
	"net/url"

	"rione/api"
	"rione/api/opendata"
	"rione/dashboards"
)

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
				Measured: n.Live != nil, Baseline: n.Baseline, Target: n.Target,
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
