package grafana_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/dashboards"
	"rione/dashboards/grafana"
	"rione/dashboards/grafana/grafanatest"
)

func TestOptionsAreChecked(t *testing.T) {
	f := func(want string, o grafana.Options) {
		t.Helper()
		if _, err := grafana.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", o, err, want)
		}
	}
	f("must look like", grafana.Options{Token: "x"})
	f("must look like", grafana.Options{URL: "grafana:3000", Token: "x"})
	f("must not hold a password", grafana.Options{URL: "http://admin:admin@grafana", Token: "x"})
	f("token is needed", grafana.Options{URL: "http://grafana"})
	f("must not be negative", grafana.Options{URL: "http://grafana", Token: "x", OrgID: -1})
	t.Setenv("GF_LOG", "1")
	f("unset GF_LOG", grafana.Options{URL: "http://grafana", Token: "x"})
}

// everyCall calls each method for each kind and hands every error to check.
func everyCall(t *testing.T, c *grafana.Client, check func(what string, err error)) {
	t.Helper()
	set := small(t)
	seen := map[dashboards.ResourceKind]bool{}
	for _, r := range set.Resources() {
		if seen[r.Kind] {
			continue
		}
		seen[r.Kind] = true
		_, err := c.Owned(t.Context(), r.Kind, "rione")
		check("list "+string(r.Kind), err)
		_, err = c.Read(t.Context(), r.Kind, r.UID)
		check("read "+string(r.Kind), err)
		check("create "+string(r.Kind), c.Create(t.Context(), r))
		check("update "+string(r.Kind), c.Update(t.Context(), r, r))
		check("delete "+string(r.Kind), c.Delete(t.Context(), r))
	}
}

func TestErrorsSayWhatToDoNext(t *testing.T) {
	f := func(status int, want error, skip ...string) {
		t.Helper()
		s := grafanatest.Start(t)
		s.Fault(grafanatest.Refuse("", status))
		everyCall(t, client(t, s), func(what string, err error) {
			if slices.ContainsFunc(skip, func(s string) bool { return strings.HasPrefix(what, s) }) {
				if err != nil {
					t.Errorf("%d: %s: %v", status, what, err)
				}
				return
			}
			var answer *grafana.Error
			if !errors.Is(err, want) || !errors.As(err, &answer) || answer.Status != status {
				t.Errorf("%d: %s: %v", status, what, err)
			}
		})
	}
	f(http.StatusUnauthorized, dashboards.ErrForbidden)
	f(http.StatusForbidden, dashboards.ErrForbidden)
	f(http.StatusConflict, dashboards.ErrConflict)
	f(http.StatusPreconditionFailed, dashboards.ErrConflict)
	taken := func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadRequest)
		w.Write([]byte(`{"message":"receiver configuration with UID 'x' already exist in contact point 'x'"}`)) // as it is worded
		return true
	}
	s := grafanatest.Start(t)
	s.Fault(taken)
	everyCall(t, client(t, s), func(what string, err error) {
		if !errors.Is(err, dashboards.ErrConflict) {
			t.Errorf("what is there already: %s: %v", what, err)
		}
	})
	f(http.StatusNotFound, dashboards.ErrNotFound, "delete", "list public") // gone is gone, and what is switched off holds nothing
}

func TestBrokenAnswersAreErrors(t *testing.T) {
	f := func(want string, fault func(http.ResponseWriter, *http.Request) bool) {
		t.Helper()
		s := grafanatest.Start(t)
		s.Fault(fault)
		everyCall(t, client(t, s), func(what string, err error) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", what, err, want)
			}
		})
	}
	f("web page", grafanatest.WebPage)
	f("redirects to https://sso", func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "https://sso.example/login", http.StatusFound)
		return true
	})
	f("500", grafanatest.Refuse("", http.StatusInternalServerError))
	f("EOF", func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"uid"`)) // it is cut off on purpose
		return true
	})
}

func TestSlowServerEndsWithTimeoutOrContext(t *testing.T) {
	s := grafanatest.Start(t)
	s.Fault(grafanatest.Silence)
	c, err := grafana.New(grafana.Options{URL: s.URL, Token: s.Token, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	everyCall(t, c, func(what string, err error) {
		if err == nil {
			t.Errorf("%s of a silent server worked", what)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, k := range dashboards.Kinds() {
		if _, err := client(t, s).Owned(ctx, k, "rione"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", k, err)
		}
	}
}

func TestPostsAreNotRepeated(t *testing.T) {
	s := grafanatest.Start(t)
	posts := 0
	s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			posts++
		}
		return grafanatest.Refuse("", http.StatusBadGateway)(w, r)
	})
	set := small(t)
	if err := client(t, s).Create(t.Context(), set.Resources()[0]); err == nil || posts != 1 {
		t.Errorf("%d posts, error %v", posts, err)
	}
}

func TestUIDsCannotReachOtherEndpoints(t *testing.T) {
	s := grafanatest.Start(t)
	c := client(t, s)
	for _, uid := range []string{"../admin", "a/b", "", "a?b", strings.Repeat("x", 41), "%2e%2e"} {
		r := dashboards.Resource{Kind: dashboards.Dashboards, UID: uid, Folder: "f"}
		_, err := c.Read(t.Context(), r.Kind, uid)
		for _, err := range []error{err, c.Create(t.Context(), r), c.Update(t.Context(), r, r), c.Delete(t.Context(), r)} {
			if err == nil || !strings.Contains(err.Error(), "is no UID") {
				t.Errorf("%q: %v", uid, err)
			}
		}
	}
	if s.Writes() != 0 {
		t.Error("a bad UID was sent")
	}
}

func TestForbiddenStopsAtOnce(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	p := plan(t, r)
	tried := 0
	r.Progress = func(dashboards.Change, error) { tried++ }
	s.Fault(grafanatest.Refuse(http.MethodPost, http.StatusForbidden))
	if err := r.Apply(t.Context(), p); !errors.Is(err, dashboards.ErrForbidden) || tried != 1 {
		t.Errorf("tried %d, error %v", tried, err)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	s := grafanatest.Start(t)
	var log bytes.Buffer
	c, err := grafana.New(grafana.Options{
		URL: s.URL, Token: s.Token, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	everyCall(t, c, func(_ string, err error) {
		if err != nil {
			log.WriteString(err.Error())
		}
	})
	s.Fault(grafanatest.Refuse("", http.StatusTeapot))
	everyCall(t, c, func(_ string, err error) { log.WriteString(err.Error()) })
	if text := log.String(); strings.Contains(text, "reader:secret") || strings.Contains(text, s.Token) {
		t.Errorf("a secret in the log: %s", text)
	}
}
