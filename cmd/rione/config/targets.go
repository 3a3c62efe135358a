package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"
)

// DefaultTarget is the name of the InfluxDB that takes the points of every
// comune that no other target names: that of RIONE_INFLUX_URL, or rione's own.
const DefaultTarget = "default"

// Target is an InfluxDB that takes the points of some comuni, as an object of
// the list in the file of RIONE_INFLUX_TARGETS.
type Target struct {
	Name      string   `json:"name"`                 // [a-z0-9-]{1,32}
	URL       string   `json:"url"`                  //
	Token     string   `json:"token,omitempty"`      // user:password for 1.8
	TokenFile string   `json:"token_file,omitempty"` // holds the token instead
	Org       string   `json:"org,omitempty"`        // of 2.x; default that of RIONE_INFLUX_ORG
	Bucket    string   `json:"bucket,omitempty"`     // default that of RIONE_INFLUX_BUCKET
	Comuni    []string `json:"comuni"`               // ISTAT codes, each of one target only

	RetentionRaw    *Span `json:"retention_raw,omitempty"`    // default that of RIONE_RETENTION_RAW; likewise the others
	RetentionHourly *Span `json:"retention_hourly,omitempty"` //
	RetentionDaily  *Span `json:"retention_daily,omitempty"`  //
}

// Targets returns the targets beside the default one.
func (c *Config) Targets() []Target { return c.targets }

// readTargets reads the file of targets, if one is named, and checks it.
func (c *Config) readTargets() error {
	if c.InfluxTargets == "" {
		return nil
	}
	b, err := os.ReadFile(c.InfluxTargets)
	if err == nil {
		c.targets, err = parseTargets(b)
	}
	if err == nil {
		err = c.completeTargets()
	}
	if err != nil {
		return fmt.Errorf("%sINFLUX_TARGETS: %w", Prefix, err)
	}
	return nil
}

func parseTargets(b []byte) ([]Target, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	var out []Target
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("%w; write a list such as [{\"name\":\"palermo\",\"url\":\"https://influx.example:8086\",\"token_file\":\"palermo.token\",\"comuni\":[\"082053\"]}]", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the list")
	}
	return out, nil
}

// completeTargets fills in defaults and tokens, and lists what is wrong.
func (c *Config) completeTargets() error {
	var bad []error
	names, comuni := map[string]bool{DefaultTarget: true}, map[string]string{}
	for i := range c.targets {
		t := &c.targets[i]
		wrong := func(format string, args ...any) {
			bad = append(bad, fmt.Errorf("target %d (%q): "+format, append([]any{i + 1, t.Name}, args...)...))
		}
		if !validName(t.Name) || names[t.Name] {
			wrong("the name must be its own, of 1 to 32 of a-z, 0-9 and -, and not %q", DefaultTarget)
		}
		names[t.Name] = true
		if p, err := url.Parse(t.URL); err != nil || p.Host == "" || p.User != nil || p.Scheme != "http" && p.Scheme != "https" {
			wrong("url must look like http://host:port, the token apart")
		}
		if err := t.readToken(); err != nil {
			wrong("%w", err)
		}
		if len(t.Comuni) == 0 {
			wrong("comuni must name at least one comune by its ISTAT code")
		}
		for _, code := range t.Comuni {
			if !validComune(code) {
				wrong("%q is no ISTAT code of six digits", code)
			}
			if other, twice := comuni[code]; twice {
				wrong("comune %s is %q's already", code, other)
			}
			comuni[code] = t.Name
		}
		if t.spans() != [3]*Span{} {
			c.keepProblems(t, func(name, format string, args ...any) { wrong(name+" "+format, args...) })
		}
		if t.Org == "" {
			t.Org = c.InfluxOrg
		}
		if t.Bucket == "" {
			t.Bucket = c.InfluxBucket
		}
	}
	return errors.Join(bad...)
}

func (t *Target) readToken() error {
	if t.TokenFile == "" {
		return nil
	}
	if t.Token != "" {
		return errors.New("token and token_file are both given; keep one")
	}
	b, err := os.ReadFile(t.TokenFile)
	t.Token = strings.TrimSpace(string(b))
	return err
}

func validName(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func validComune(s string) bool { return len(s) == 6 && strings.Trim(s, "0123456789") == "" }

// String describes a target without its token.
func (t Target) String() string {
	token := "no token"
	if t.Token != "" {
		token = "token (set)"
	}
	out := fmt.Sprintf("%s: %s, organisation %s, bucket %s, %s, comuni %s", t.Name, t.URL, t.Org, t.Bucket, token, strings.Join(t.Comuni, " "))
	for i, own := range t.spans() {
		if own != nil {
			out += fmt.Sprintf(", %s %v", t.keepNames()[i], time.Duration(*own))
		}
	}
	return out
}
