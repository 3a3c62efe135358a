package grafana

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"rione/dashboards"
)

func (c *Client) ownedFolders(ctx context.Context, label string) ([]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	all, err := api.Folders()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range all {
		if labelled(f.UID, label) {
			out = append(out, f.UID)
		}
	}
	return out, nil
}

func (c *Client) readFolder(ctx context.Context, uid string) (dashboards.Resource, error) {
	api, err := c.api(ctx)
	if err != nil {
		return dashboards.Resource{}, err
	}
	f, err := api.FolderByUID(uid)
	if err != nil {
		return dashboards.Resource{}, err
	}
	return dashboards.Resource{
		Kind: dashboards.Folders, UID: uid, Title: f.Title, Body: map[string]any{"uid": f.UID, "title": f.Title},
	}, nil
}

func (c *Client) createFolder(ctx context.Context, r dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	_, err = api.NewFolder(r.Title, r.UID)
	return err
}

func (c *Client) updateFolder(ctx context.Context, r, _ dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	return api.UpdateFolder(r.UID, r.Title)
}

// deleteFolder looks first, since Grafana deletes with a folder what is in it. Its
// search may still know what was deleted just before.
func (c *Client) deleteFolder(ctx context.Context, uid string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	inside, err := api.FolderDashboardSearch(url.Values{"folderUIDs": {uid}})
	if err != nil {
		return err
	}
	for _, found := range inside {
		_, err := c.readDashboard(ctx, found.UID)
		if found.Type == "dash-db" && errors.Is(err, dashboards.ErrNotFound) {
			continue
		}
		return fmt.Errorf("the folder still holds something that is not of the set, such as %q: move it out first", found.Title)
	}
	return api.DeleteFolder(uid)
}
