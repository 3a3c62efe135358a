package grafana

import (
	"context"

	gapi "github.com/grafana/grafana-api-golang-client"

	"rione/dashboards"
)

func (c *Client) ownedContactPoints(ctx context.Context, label string) ([]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	all, err := api.ContactPoints()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range all {
		if labelled(p.UID, label) {
			out = append(out, p.UID)
		}
	}
	return out, nil
}

func (c *Client) readContactPoint(ctx context.Context, uid string) (dashboards.Resource, error) {
	api, err := c.api(ctx)
	if err != nil {
		return dashboards.Resource{}, err
	}
	all, err := api.ContactPoints() // there is no way to ask for one by UID
	if err != nil {
		return dashboards.Resource{}, err
	}
	for _, p := range all {
		if p.UID == uid {
			return dashboards.Resource{Kind: dashboards.ContactPoints, UID: uid, Title: p.Name, Body: map[string]any{
				"uid": p.UID, "name": p.Name, "type": p.Type, "settings": p.Settings,
				"disableResolveMessage": p.DisableResolveMessage,
			}}, nil
		}
	}
	return dashboards.Resource{}, dashboards.ErrNotFound
}

func (c *Client) createContactPoint(ctx context.Context, r dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	_, err = api.NewContactPoint(contactPoint(r))
	return err
}

func (c *Client) updateContactPoint(ctx context.Context, r, _ dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return api.UpdateContactPoint(contactPoint(r))
}

func (c *Client) deleteContactPoint(ctx context.Context, uid string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return api.DeleteContactPoint(uid)
}

func contactPoint(r dashboards.Resource) *gapi.ContactPoint {
	p := &gapi.ContactPoint{UID: r.UID}
	p.Name, _ = r.Body["name"].(string)
	p.Type, _ = r.Body["type"].(string)
	p.Settings, _ = r.Body["settings"].(map[string]any)
	p.DisableResolveMessage, _ = r.Body["disableResolveMessage"].(bool)
	return p
}
