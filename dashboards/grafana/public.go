package grafana

import (
	"context"
	"errors"

	gapi "github.com/grafana/grafana-api-golang-client"

	"rione/dashboards"
)

// A public dashboard is known here by the UID of the dashboard that it shows;
// Grafana's own UID and access token of it are Grafana's to choose.

func (c *Client) ownedPublic(ctx context.Context, label string) ([]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	all, err := api.PublicDashboards()
	if errors.Is(err, dashboards.ErrNotFound) {
		return nil, nil // they are switched off in this Grafana
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range all.PublicDashboards {
		if labelled(p.DashboardUID, label) {
			out = append(out, p.DashboardUID)
		}
	}
	return out, nil
}

func (c *Client) readPublic(ctx context.Context, uid string) (dashboards.Resource, error) {
	p, err := c.public(ctx, uid)
	if err != nil {
		return dashboards.Resource{}, err
	}
	return dashboards.Resource{Kind: dashboards.PublicDashboards, UID: uid, Title: uid, Body: map[string]any{
		"dashboardUid": uid, "isEnabled": p.IsEnabled, "timeSelectionEnabled": p.TimeSelectionEnabled,
		"annotationsEnabled": p.AnnotationsEnabled, "share": p.Share,
	}}, nil
}

// public returns the public dashboard of a dashboard, or ErrNotFound.
func (c *Client) public(ctx context.Context, uid string) (*gapi.PublicDashboard, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	p, err := api.PublicDashboardbyUID(uid)
	if err == nil && p.UID == "" { // some releases answer with an empty object
		err = dashboards.ErrNotFound
	}
	return p, err
}

func (c *Client) createPublic(ctx context.Context, r dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	_, err = api.NewPublicDashboard(r.UID, publicPayload(r))
	return err
}

func (c *Client) updatePublic(ctx context.Context, r, _ dashboards.Resource) error {
	p, err := c.public(ctx, r.UID)
	if err != nil {
		return err
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	_, err = api.UpdatePublicDashboard(r.UID, p.UID, publicPayload(r))
	return err
}

func (c *Client) deletePublic(ctx context.Context, uid string) error {
	p, err := c.public(ctx, uid)
	if err != nil {
		return err
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return api.DeletePublicDashboard(uid, p.UID)
}

func publicPayload(r dashboards.Resource) gapi.PublicDashboardPayload {
	flag := func(key string) bool { b, _ := r.Body[key].(bool); return b }
	share, _ := r.Body["share"].(string)
	return gapi.PublicDashboardPayload{
		IsEnabled: flag("isEnabled"), TimeSelectionEnabled: flag("timeSelectionEnabled"),
		AnnotationsEnabled: flag("annotationsEnabled"), Share: share,
	}
}
