package grafana

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rione/dashboards"
)

// kind is how one kind of resource is kept.
type kind struct {
	owned  func(ctx context.Context, label string) ([]string, error)
	read   func(ctx context.Context, uid string) (dashboards.Resource, error)
	create func(ctx context.Context, r dashboards.Resource) error
	update func(ctx context.Context, r, live dashboards.Resource) error
	remove func(ctx context.Context, uid string) error
}

func (c *Client) kind(k dashboards.ResourceKind) (kind, error) {
	switch k {
	case dashboards.DataSources:
		return kind{c.ownedDataSources, c.readDataSource, c.createDataSource, c.updateDataSource, c.deleteDataSource}, nil
	case dashboards.Folders:
		return kind{c.ownedFolders, c.readFolder, c.createFolder, c.updateFolder, c.deleteFolder}, nil
	case dashboards.Dashboards:
		return kind{c.ownedDashboards, c.readDashboard, c.createDashboard, c.updateDashboard, c.deleteDashboard}, nil
	case dashboards.PublicDashboards:
		return kind{c.ownedPublic, c.readPublic, c.createPublic, c.updatePublic, c.deletePublic}, nil
	case dashboards.ContactPoints:
		return kind{c.ownedContactPoints, c.readContactPoint, c.createContactPoint, c.updateContactPoint, c.deleteContactPoint}, nil
	case dashboards.AlertGroups:
		return kind{c.ownedAlertGroups, c.readAlertGroup, c.createAlertGroup, c.updateAlertGroup, c.deleteAlertGroup}, nil
	}
	return kind{}, fmt.Errorf("the Grafana client knows no %s", k)
}

// Owned implements dashboards.Grafana.
func (c *Client) Owned(ctx context.Context, of dashboards.ResourceKind, label string) ([]string, error) {
	k, err := c.kind(of)
	if err != nil {
		return nil, err
	}
	return k.owned(ctx, label)
}

// Read implements dashboards.Grafana.
func (c *Client) Read(ctx context.Context, of dashboards.ResourceKind, uid string) (dashboards.Resource, error) {
	k, err := c.kind(of)
	if err == nil {
		err = checkUID(uid)
	}
	if err != nil {
		return dashboards.Resource{}, err
	}
	return k.read(ctx, uid)
}

// Create implements dashboards.Grafana.
func (c *Client) Create(ctx context.Context, r dashboards.Resource) error {
	k, err := c.writable(r)
	if err != nil {
		return err
	}
	c.log.Info("create", "kind", r.Kind, "uid", r.UID)
	return k.create(ctx, r)
}

// Update implements dashboards.Grafana.
func (c *Client) Update(ctx context.Context, r, live dashboards.Resource) error {
	k, err := c.writable(r)
	if err != nil {
		return err
	}
	c.log.Info("update", "kind", r.Kind, "uid", r.UID)
	return k.update(ctx, r, live)
}

// Delete implements dashboards.Grafana.
func (c *Client) Delete(ctx context.Context, live dashboards.Resource) error {
	k, err := c.writable(live)
	if err != nil {
		return err
	}
	c.log.Info("delete", "kind", live.Kind, "uid", live.UID)
	err = k.remove(ctx, live.UID)
	if errors.Is(err, dashboards.ErrNotFound) {
		return nil
	}
	return err
}

func (c *Client) writable(r dashboards.Resource) (kind, error) {
	for _, uid := range []string{r.UID, r.Folder} {
		if uid == "" && uid == r.Folder {
			continue
		}
		if err := checkUID(uid); err != nil {
			return kind{}, err
		}
	}
	return c.kind(r.Kind)
}

// labelled tells whether the UID is of the label: label, underscore, name.
func labelled(uid, label string) bool { return strings.HasPrefix(uid, label+"_") }
