package app

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"rione/cmd/rione/config"
	"rione/dashboards"
	"rione/dashboards/grafana"
)

// Organisation is one Grafana organisation and what it holds. Folders isolate
// nothing from viewers in Grafana OSS, so a municipality whose people must not
// see the others' data has an organisation of its own, and a token of its own to
// read the store.
type Organisation struct {
	Name    string // of the tenant; "" is the authority's own, which sees everything, "@target" its pages of another InfluxDB
	Grafana grafana.Options
	Wanted  dashboards.Config
}

// tenant is one entry of the file that RIONE_GRAFANA_TENANTS names.
type tenant struct {
	Name            string              `json:"name"`              // [a-z0-9-]
	URL             string              `json:"url"`               // of its Grafana; "" is RIONE_GRAFANA_URL
	OrgID           int64               `json:"org_id"`            // 0: whichever the token is of
	Token           string              `json:"token"`             // of a service account with the role Admin
	TokenFile       string              `json:"token_file"`        // or the file that holds it
	Comuni          []string            `json:"comuni"`            // ISTAT codes
	Initiatives     []string            `json:"initiatives"`       // ids; none: those of its comuni
	Language        dashboards.Language `json:"language"`          // "" shows both
	AlertEmails     []string            `json:"alert_emails"`      //
	InfluxURL       string              `json:"influx_url"`        // as Grafana reaches it; "" is the store in use
	InfluxBucket    string              `json:"influx_bucket"`     // "" is the store's
	InfluxToken     string              `json:"influx_token"`      // that may read this tenant's data only
	InfluxTokenFile string              `json:"influx_token_file"` // or the file that holds it
}

// Organisations returns the Grafana organisations of a configuration: the one
// of RIONE_GRAFANA_TOKEN first, then the tenants. Its error lists everything
// that is wrong.
func Organisations(c config.Config) ([]Organisation, error) {
	url, token := StoreOf(c)
	url, token = cmp.Or(c.GrafanaInfluxURL, url), cmp.Or(c.GrafanaInfluxToken, token)
	initiatives, err := Initiatives(c)
	if err != nil {
		return nil, err
	}
	var out []Organisation
	if c.GrafanaToken != "" || c.GrafanaTenants == "" {
		out = byStore(c, Organisation{
			Grafana: grafana.Options{URL: c.GrafanaURL, Token: c.GrafanaToken},
			Wanted: dashboards.Config{
				InfluxURL: url, InfluxToken: token, Bucket: c.InfluxBucket, Comuni: ComuneNames(),
				Language: dashboards.Language(c.GrafanaLanguage), AlertEmails: c.AlertEmails(), Initiatives: initiatives,
			},
		}, initiatives)
	}
	tenants, err := readTenants(c.GrafanaTenants)
	if err != nil {
		return nil, err
	}
	var errs []error
	for i, t := range tenants {
		if slices.ContainsFunc(tenants[:i], func(o tenant) bool { return o.Name == t.Name }) {
			errs = append(errs, fmt.Errorf("tenant %s is there twice", t.Name))
		}
		store := dashboards.Config{InfluxURL: url, Bucket: c.InfluxBucket}
		at, err := storeOfAll(c, t.Comuni)
		switch {
		case t.InfluxURL != "":
			err = nil // the operator says where they are
		case at != nil:
			store.InfluxURL, store.Bucket = at.URL, at.Bucket
		case t.InfluxToken == "" && t.InfluxTokenFile == "" && c.InfluxURL == "":
			t.InfluxToken = token // rione's own store has one user only
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("tenant %q: %w", t.Name, err))
			continue
		}
		o, err := t.organisation(cmp.Or(t.URL, c.GrafanaURL), store, initiatives)
		o.Wanted.Part = o.Wanted.InfluxURL != url || o.Wanted.Bucket != c.InfluxBucket
		if err != nil {
			errs = append(errs, fmt.Errorf("tenant %q: %w", t.Name, err))
		}
		out = append(out, o)
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("%s: %w", c.GrafanaTenants, errors.Join(errs...))
	}
	return out, nil
}

func readTenants(path string) ([]tenant, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("RIONE_GRAFANA_TENANTS: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var out []tenant
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("RIONE_GRAFANA_TENANTS: %s must hold a list of tenants, each {\"name\", \"token_file\", \"comuni\", …}: %w", path, err)
	}
	return out, nil
}

var tenantName = regexp.MustCompile(`^[a-z0-9-]{1,60}$`)

// organisation completes the settings that all tenants share.
func (t *tenant) organisation(url string, wanted dashboards.Config, initiatives []dashboards.Initiative) (Organisation, error) {
	var errs []error
	if !tenantName.MatchString(t.Name) {
		errs = append(errs, errors.New("use 1 to 60 of a-z, 0-9 and - in its name"))
	}
	token, err := secretOf("token", t.Token, t.TokenFile)
	errs = append(errs, err)
	wanted.InfluxURL, wanted.Bucket = cmp.Or(t.InfluxURL, wanted.InfluxURL), cmp.Or(t.InfluxBucket, wanted.Bucket)
	wanted.InfluxToken, err = secretOf("influx_token", t.InfluxToken, t.InfluxTokenFile)
	errs = append(errs, err)
	wanted.Language, wanted.AlertEmails, wanted.Within = t.Language, t.AlertEmails, t.Comuni
	wanted.Comuni, err = t.names()
	errs = append(errs, err)
	wanted.Initiatives, err = t.choose(initiatives)
	errs = append(errs, err)
	o := Organisation{Name: t.Name, Grafana: grafana.Options{URL: url, Token: token, OrgID: t.OrgID}, Wanted: wanted}
	return o, errors.Join(append(errs, o.Grafana.Validate())...)
}

// names returns the names of the tenant's comuni by code.
func (t *tenant) names() (map[string]string, error) {
	if len(t.Comuni) == 0 {
		return nil, errors.New("comuni: name at least one ISTAT code")
	}
	all, out := ComuneNames(), map[string]string{}
	for _, code := range t.Comuni {
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			return nil, fmt.Errorf("comuni: %q is no ISTAT code of six digits", code)
		}
		out[code] = cmp.Or(all[code], code)
	}
	return out, nil
}

// choose returns the initiatives that the tenant names, or else those that one
// of its comuni takes part in. They speak of its own comuni only.
func (t *tenant) choose(all []dashboards.Initiative) ([]dashboards.Initiative, error) {
	out := within(all, func(code string) bool { return slices.Contains(t.Comuni, code) })
	if len(t.Initiatives) > 0 {
		out = slices.DeleteFunc(out, func(i dashboards.Initiative) bool { return !slices.Contains(t.Initiatives, i.ID) })
	}
	for _, id := range t.Initiatives {
		if !slices.ContainsFunc(out, func(i dashboards.Initiative) bool { return i.ID == id }) {
			return nil, fmt.Errorf("initiatives: none of its comuni takes part in %q", id)
		}
	}
	return out, nil
}

// secretOf returns a secret that stands in the file itself or in one of its own.
func secretOf(name, value, path string) (string, error) {
	switch {
	case value != "" && path != "":
		return "", fmt.Errorf("%s and %s_file are both set; keep one", name, name)
	case value == "" && path == "":
		return "", fmt.Errorf("%s_file is missing", name)
	case value != "":
		return value, nil
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}
