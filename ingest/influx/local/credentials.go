package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"rione/ingest/influx"
	"rione/ingest/schema"
)

const (
	userName     = "rione"
	organisation = "rione"
)

// loadToken reads the token of the child's user, or makes one: user:password,
// readable by us alone.
func loadToken(path string) (string, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeToken(path)
	}
	if err != nil {
		return "", fmt.Errorf("read InfluxDB's token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if user, password, _ := strings.Cut(token, ":"); user == "" || password == "" {
		return "", fmt.Errorf("%s must hold user:password in one line", path)
	}
	return token, nil
}

// makeToken writes the file aside and renames it, so that it is never half there.
func makeToken(path string) (string, error) {
	token := userName + ":" + strings.ToLower(rand.Text())
	aside := path + ".new"
	if err := os.WriteFile(aside, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write InfluxDB's token: %w", err)
	}
	if err := os.Rename(aside, path); err != nil {
		return "", fmt.Errorf("write InfluxDB's token: %w", err)
	}
	return token, nil
}

// admit makes our user at the first start. It reports whether the child answers
// to that user; an error means that it never will.
func (s *Server) admit(ctx context.Context) (bool, error) {
	client, err := s.client()
	if err != nil {
		return false, err
	}
	defer client.Close()
	if client.Ready(ctx) != nil {
		return false, nil
	}
	if s.binary.gen == 2 {
		err = s.setUp(ctx)
	} else {
		err = createUser(ctx, client, s.token)
	}
	var said *influx.Error
	if errors.As(err, &said) {
		return false, fmt.Errorf("create InfluxDB's user: %w", err)
	}
	if err != nil {
		return false, nil // a busy machine: it is asked again, and may have it by then
	}
	_, err = client.Query(ctx, "", "SHOW DATABASES")
	var refused *influx.Error
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		return false, fmt.Errorf("the InfluxDB in %s does not know the user in influx.token; put the old file back, or move its data away", s.opts.Dir)
	}
	return err == nil, nil
}

// createUser makes the administrator. InfluxDB 1.8 lets anybody do so, and
// nothing else, as long as it has none.
func createUser(ctx context.Context, client *influx.Client, token string) error {
	_, err := client.Query(ctx, "", "SHOW DATABASES")
	var refused *influx.Error
	if !errors.As(err, &refused) || !strings.Contains(refused.Detail, "create admin user first") {
		return nil
	}
	user, password, _ := strings.Cut(token, ":")
	_, err = client.Query(ctx, "", "CREATE USER "+influx.Ident(user)+" WITH PASSWORD "+influx.String(password)+" WITH ALL PRIVILEGES")
	return err
}

// setUp onboards InfluxDB 2.x, which refuses a second time.
func (s *Server) setUp(ctx context.Context) error {
	client := influxdb2.NewClient(s.URL(), "")
	defer client.Close()
	user, password, _ := strings.Cut(s.token, ":")
	_, err := client.SetupWithToken(ctx, user, password, organisation, schema.BucketFixed, 0, s.token)
	if err != nil && strings.Contains(err.Error(), "already been completed") {
		return nil
	}
	return err
}
