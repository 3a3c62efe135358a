package grafana

import (
	"context"
	"maps"
	"net/url"

	gapi "github.com/grafana/grafana-api-golang-client"

	"rione/dashboards"
)

// saveMessage stands in the dashboard's history.
const saveMessage = "rione dashboards apply"

func (c *Client) ownedDashboards(ctx context.Context, label string) ([]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	found, err := api.FolderDashboardSearch(url.Values{"type": {"dash-db"}, "tag": {label}, "limit": {"5000"}})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range found {
		if labelled(d.UID, label) { // a copy by hand keeps the tag, not the UID
			out = append(out, d.UID)
		}
	}
	return out, nil
}

func (c *Client) readDashboard(ctx context.Context, uid string) (dashboards.Resource, error) {
	api, err := c.api(ctx)
	if err != nil {
		return dashboards.Resource{}, err
	}
	d, err := api.DashboardByUID(uid)
	if err != nil {
		return dashboards.Resource{}, err
	}
	title, _ := d.Model["title"].(string)
	return dashboards.Resource{
		Kind: dashboards.Dashboards, UID: uid, Title: title, Folder: d.Meta.FolderUID, Body: d.Model,
		Version: number(d.Model["version"]),
	}, nil
}

func (c *Client) createDashboard(ctx context.Context, r dashboards.Resource) error {
	return c.saveDashboard(ctx, r, 0)
}

func (c *Client) updateDashboard(ctx context.Context, r, live dashboards.Resource) error {
	return c.saveDashboard(ctx, r, live.Version)
}

// saveDashboard names its folder always, since Grafana moves a dashboard
// without one to the root, and never overwrites: a version that is no longer
// the newest is refused.
func (c *Client) saveDashboard(ctx context.Context, r dashboards.Resource, version int) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	model := maps.Clone(r.Body)
	delete(model, "id")
	model["uid"], model["version"] = r.UID, version
	_, err = api.NewDashboard(gapi.Dashboard{Model: model, FolderUID: r.Folder, Message: saveMessage})
	return err
}

func (c *Client) deleteDashboard(ctx context.Context, uid string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return api.DeleteDashboardByUID(uid)
}
