package routes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/routes"
)

// engine is a journal's engine in the process, with JetStream.
func engine(t *testing.T) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

func options() routes.Options {
	return routes.Options{
		Defaults: []ingest.Route{{Name: "native", Filter: "sc/v1/+/+/+/+", Format: "native"}, {Name: "tasmota", Filter: "tele/+/+", Format: "tasmota"}},
		Known: func(r *ingest.Route) error {
			if r.Format == "morse" || strings.Contains(r.Mapping, "morse") {
				return errors.New("there is no format morse")
			}
			return nil
		},
	}
}

func open(t *testing.T, js jetstream.JetStream) *routes.Table {
	t.Helper()
	table, err := routes.Open(t.Context(), js, options())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func names(table *routes.Table) string {
	var out []string
	for _, r := range table.All() {
		out = append(out, r.Name)
	}
	return strings.Join(out, " ")
}

func TestEditing(t *testing.T) {
	_, js := engine(t)
	ctx, table := t.Context(), open(t, js)
	f := func(what string, err error, want string) {
		t.Helper()
		if err != nil || names(table) != want {
			t.Errorf("%s: %v, the table is %q; want %q", what, err, names(table), want)
		}
		if again := open(t, js); names(again) != want {
			t.Errorf("%s: opened again, the table is %q", what, names(again))
		}
	}
	f("nothing", nil, "native tasmota")
	f("a route of the city", table.Set(ctx, ingest.Route{Name: "bins", Filter: "bins/#", Format: "native"}), "bins native tasmota")
	f("another", table.Set(ctx, ingest.Route{Name: "lamps", Filter: "tele/lamps/+", Format: "mapping:lamps"}), "bins lamps native tasmota")
	if got := table.Match("tele/lamps/SENSOR"); got != "lamps" || !table.Own("lamps") || table.Own("tasmota") {
		t.Errorf("tele/lamps/SENSOR takes %q", got)
	}
	f("replaced", table.Set(ctx, ingest.Route{Name: "bins", Filter: "bins/+", Format: "senml"}), "bins lamps native tasmota")
	if r := table.Current().ByName("bins"); r.Format != "senml" {
		t.Errorf("bins: %+v", r)
	}
	f("a default route replaced", table.Set(ctx, ingest.Route{Name: "native", Filter: "town/#", Format: "native"}), "bins lamps native tasmota")
	f("and back", table.Remove(ctx, "native"), "bins lamps native tasmota")
	if table.Match("sc/v1/058091/air/a/up") != "native" {
		t.Error("the default route did not come back")
	}
	f("a default route removed", table.Remove(ctx, "tasmota"), "bins lamps native")
	f("removed", table.Remove(ctx, "lamps"), "bins native")
	if table.Match("tele/lamps/SENSOR") != "" {
		t.Error("a removed route fits")
	}
	f("set again", table.Set(ctx, ingest.Route{Name: "tasmota", Filter: "tele/+/+", Format: "tasmota"}), "bins tasmota native")
	f("and removed: the default one is back", table.Remove(ctx, "tasmota"), "bins native tasmota")
	for _, name := range []string{"none", ""} {
		if err := table.Remove(ctx, name); !errors.Is(err, routes.ErrUnknown) {
			t.Errorf("removing %q: %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	_, js := engine(t)
	table := open(t, js)
	f := func(want string, r ingest.Route) {
		t.Helper()
		if err := table.Set(t.Context(), r); !errors.Is(err, routes.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", r, err, want)
		}
	}
	f("no format", ingest.Route{Name: "a", Filter: "a", Format: "morse"})
	f("name", ingest.Route{Filter: "a", Format: "native"})
	f("stands at the end", ingest.Route{Name: "a", Filter: "a/#/b", Format: "native"})
	f("HTTP door", ingest.Route{Name: "a", Filter: "/v1/devices", Format: "native"})
	f("clock", ingest.Route{Name: "a", Filter: "a", Format: "native", Clock: "sundial"})
	f("scrub", ingest.Route{Name: "a", Filter: "a", Format: "native", Scrub: "hard"})
	f("comune", ingest.Route{Name: "a", Filter: "a", Format: "native", Comune: "Roma"})
	if names(table) != "native tasmota" {
		t.Errorf("the table became %q", names(table))
	}
	if _, err := routes.Open(t.Context(), js, routes.Options{}); err == nil {
		t.Error("a table that knows no formats was opened")
	}
}

// Two processes see what either of them changes, and lose no edit of the other.
func TestTwoProcesses(t *testing.T) {
	_, js := engine(t)
	a, b := open(t, js), open(t, js)
	heard := make(chan string, 100)
	b.OnChange(func(now *ingest.Routes) { heard <- now.All()[0].Name })
	ctx, cancel := context.WithCancel(t.Context())
	var following sync.WaitGroup
	for _, table := range []*routes.Table{a, b} {
		following.Go(func() {
			if err := table.Follow(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	var editing sync.WaitGroup
	for i := range 6 {
		table := []*routes.Table{a, b}[i%2]
		editing.Go(func() {
			name := fmt.Sprintf("r%d", i)
			for {
				err := table.Set(ctx, ingest.Route{Name: name, Filter: name + "/#", Format: "native"})
				if !errors.Is(err, routes.ErrChanged) {
					if err != nil {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	editing.Wait()
	deadline := time.After(20 * time.Second)
	for len(a.All()) != 8 || len(b.All()) != 8 {
		select {
		case <-heard:
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatalf("the tables are %q and %q", names(a), names(b))
		}
	}
	cancel()
	following.Wait()
	if names(a) != names(b) {
		t.Errorf("the tables are %q and %q", names(a), names(b))
	}
}

// The end of its context ends a follower well, though that closes its watcher too:
// one that was busy meanwhile finds both, and which it looks at first is chance.
func TestFollowersEndWell(t *testing.T) {
	_, js := engine(t)
	const followers = 20
	ctx, cancel := context.WithCancel(t.Context())
	heard, busy := make(chan struct{}, followers), make(chan struct{})
	var following sync.WaitGroup
	for range followers {
		table := open(t, js)
		table.OnChange(func(*ingest.Routes) {
			heard <- struct{}{}
			<-busy
		})
		following.Go(func() {
			if err := table.Follow(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	if err := open(t, js).Set(ctx, ingest.Route{Name: "a", Filter: "a/#", Format: "native"}); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(20 * time.Second)
	for range followers {
		select {
		case <-heard:
		case <-deadline:
			t.Fatal("not everybody heard of a new route")
		}
	}
	cancel()
	bucket, err := js.Stream(t.Context(), "KV_"+routes.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	for watchers := followers; watchers > 0; { // until the engine has heard of the end
		info, err := bucket.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		watchers = info.State.Consumers
		select {
		case <-deadline:
			t.Fatalf("%d watchers are left", watchers)
		default:
		}
	}
	close(busy)
	following.Wait()
}

// A table that cannot be used, such as one of a newer release, leaves the one
// before, and stops a process that has none.
func TestUnusableTable(t *testing.T) {
	_, js := engine(t)
	table := open(t, js)
	kv, err := js.KeyValue(t.Context(), routes.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 10)
	table.OnChange(func(*ingest.Routes) { changed <- struct{}{} })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- table.Follow(ctx) }()
	for _, value := range []string{"nonsense", `{"routes":[{"name":"a","filter":"a/#/b","format":"native"}]}`, `{"routes":[{"name":"good","filter":"good","format":"native"}]}`} {
		if _, err := kv.Put(t.Context(), "table", []byte(value)); err != nil {
			t.Fatal(err)
		}
		if value == "nonsense" {
			if _, err := routes.Open(t.Context(), js, options()); err == nil {
				t.Error("nonsense was opened")
			}
		}
	}
	select {
	case <-changed:
	case <-time.After(20 * time.Second):
		t.Fatal("the good table did not arrive")
	}
	cancel()
	if err := <-ended; err != nil || names(table) != "good native tasmota" {
		t.Errorf("%v, %q", err, names(table))
	}
}
