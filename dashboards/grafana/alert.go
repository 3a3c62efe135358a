package grafana

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"rione/dashboards"
)

// Groups of alert rules go by HTTP of our own: the library's structs lack the
// rule's receiver, and more, and would erase them.

// rule is what is needed of a rule to find its group.
type rule struct {
	UID    string            `json:"uid"`
	Folder string            `json:"folderUID"`
	Group  string            `json:"ruleGroup"`
	Labels map[string]string `json:"labels"`
}

// alertLabel of a rule tells whose it is.
const alertLabel = "managed_by"

func (c *Client) rules(ctx context.Context) ([]rule, error) {
	var out []rule
	return out, c.do(ctx, http.MethodGet, "api/v1/provisioning/alert-rules", nil, &out)
}

func (c *Client) ownedAlertGroups(ctx context.Context, label string) ([]string, error) {
	rules, err := c.rules(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, r := range rules {
		if labelled(r.Group, label) && r.Labels[alertLabel] == label && !seen[r.Group] {
			seen[r.Group] = true
			out = append(out, r.Group)
		}
	}
	return out, nil
}

func (c *Client) readAlertGroup(ctx context.Context, group string) (dashboards.Resource, error) {
	rules, err := c.rules(ctx)
	if err != nil {
		return dashboards.Resource{}, err
	}
	for _, r := range rules {
		if r.Group != group {
			continue
		}
		if err := checkUID(r.Folder); err != nil {
			return dashboards.Resource{}, err
		}
		out := dashboards.Resource{Kind: dashboards.AlertGroups, UID: group, Title: group, Folder: r.Folder}
		return out, c.do(ctx, http.MethodGet, groupPath(r.Folder, group), nil, &out.Body)
	}
	return dashboards.Resource{}, dashboards.ErrNotFound
}

func groupPath(folder, group string) string {
	return "api/v1/provisioning/folder/" + folder + "/rule-groups/" + group
}

// createAlertGroup makes rules that are not there one by one, since a Grafana
// before 12 knows no new rule of a given UID in a group, and then writes the
// group with its interval.
func (c *Client) createAlertGroup(ctx context.Context, r dashboards.Resource) error {
	there, err := c.rules(ctx)
	if err != nil {
		return err
	}
	wanted, _ := r.Body["rules"].([]any)
	for _, w := range wanted {
		uid := ruleUID(w)
		if slices.ContainsFunc(there, func(t rule) bool { return t.UID == uid }) {
			continue
		}
		if err := c.do(ctx, http.MethodPost, "api/v1/provisioning/alert-rules", w, nil); err != nil {
			return err
		}
	}
	return c.do(ctx, http.MethodPut, groupPath(r.Folder, r.UID), r.Body, nil)
}

func ruleUID(rule any) string {
	r, _ := rule.(map[string]any)
	uid, _ := r["uid"].(string)
	return uid
}

// updateAlertGroup writes the group anew: rules that are left out are deleted.
func (c *Client) updateAlertGroup(ctx context.Context, r, live dashboards.Resource) error {
	if live.Folder != r.Folder { // a rule's UID can stand in one group only
		if err := c.deleteAlertGroup(ctx, live.UID); err != nil {
			return err
		}
	}
	return c.createAlertGroup(ctx, r)
}

// deleteAlertGroup deletes the rules of the group, and the group with them.
func (c *Client) deleteAlertGroup(ctx context.Context, group string) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	rules, err := c.rules(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range rules {
		if r.Group != group {
			continue
		}
		if err := checkUID(r.UID); err != nil {
			return err
		}
		errs = append(errs, api.DeleteAlertRule(r.UID))
	}
	return errors.Join(errs...)
}
