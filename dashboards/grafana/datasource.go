package grafana

import (
	"context"
	"net/http"

	gapi "github.com/grafana/grafana-api-golang-client"

	"rione/dashboards"
)

// labelKey of jsonData tells whose a data source is.
const labelKey = "rioneLabel"

func (c *Client) ownedDataSources(ctx context.Context, label string) ([]string, error) {
	api, err := c.api(ctx)
	if err != nil {
		return nil, err
	}
	all, err := api.DataSources()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range all {
		if labelled(d.UID, label) && d.JSONData[labelKey] == label {
			out = append(out, d.UID)
		}
	}
	return out, nil
}

// readDataSource asks by itself: the library leaves out which secrets are set.
func (c *Client) readDataSource(ctx context.Context, uid string) (dashboards.Resource, error) {
	var body map[string]any
	if err := c.do(ctx, http.MethodGet, "api/datasources/uid/"+uid, nil, &body); err != nil {
		return dashboards.Resource{}, err
	}
	r := dashboards.Resource{Kind: dashboards.DataSources, UID: uid, Body: body, Secrets: map[string]string{}}
	r.Title, _ = body["name"].(string)
	r.Version = number(body["version"])
	fields, _ := body["secureJsonFields"].(map[string]any)
	for name, set := range fields {
		if set == true {
			r.Secrets[name] = ""
		}
	}
	return r, nil
}

func (c *Client) createDataSource(ctx context.Context, r dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	_, err = api.NewDataSource(dataSource(r))
	return err
}

// updateDataSource leaves the default data source as people chose it.
func (c *Client) updateDataSource(ctx context.Context, r, live dashboards.Resource) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	d := dataSource(r)
	d.Version = live.Version
	d.IsDefault, _ = live.Body["isDefault"].(bool)
	return api.UpdateDataSourceByUID(d)
}

// deleteDataSource goes by UID, which the library cannot.
func (c *Client) deleteDataSource(ctx context.Context, uid string) error {
	return c.do(ctx, http.MethodDelete, "api/datasources/uid/"+uid, nil, nil)
}

func dataSource(r dashboards.Resource) *gapi.DataSource {
	text := func(key string) string { s, _ := r.Body[key].(string); return s }
	settings, _ := r.Body["jsonData"].(map[string]any)
	d := &gapi.DataSource{
		UID: r.UID, Name: r.Title, Type: text("type"), Access: text("access"), URL: text("url"), Database: text("database"),
		JSONData: settings, SecureJSONData: map[string]any{},
	}
	for name, value := range r.Secrets {
		d.SecureJSONData[name] = value
	}
	return d
}

// number returns a number of JSON, 0 for anything else.
func number(v any) int {
	f, _ := v.(float64)
	return int(f)
}
