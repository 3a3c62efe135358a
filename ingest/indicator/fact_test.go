package indicator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"rione/ingest"
	"rione/ingest/indicator"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

// A file of facts is what its figures say, as whoever wrote it separates them.
func TestReadFacts(t *testing.T) {
	f := func(file string, want ...string) {
		t.Helper()
		facts, err := indicator.ReadCSV(strings.NewReader(file))
		if err != nil {
			t.Errorf("%q: %v", file, err)
		}
		var got []string
		for _, f := range facts {
			line := fmt.Sprintf("%s %s %s %g %s %s %s", f.Initiative, f.ID, indicator.DateText(f.Date), f.Value, f.Comune, f.Zone, f.Note)
			for _, v := range []*float64{f.Baseline, f.Target} {
				if v != nil {
					line += fmt.Sprint(" ", *v)
				}
			}
			got = append(got, strings.TrimSpace(line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", file, got, want)
		}
	}
	f("initiative,id,date,value\nroma,a,2026-01-31,-2.5\n", "roma a 2026-01-31 -2.5")
	f("\ufeffvalue, ID ,Date,INITIATIVE\r\n1e3, a ,2026-01-31,roma\r\n", "roma a 2026-01-31 1000")
	f("initiative;id;date;value;target;note\nroma;a;2026-01-31;2,5;,5;ISTAT, 2025\nroma;a;2026-02-28;2.5;;\n", "roma a 2026-01-31 2.5   ISTAT, 2025 0.5", "roma a 2026-02-28 2.5")
	f("initiative,id,date,value,comune,zone,baseline\nroma,a,2026-01-31,1,058091,Municipio I,3\nroma,a,2026-01-31,1,058091,,\n", "roma a 2026-01-31 1 058091 Municipio I  3", "roma a 2026-01-31 1 058091")
	f("initiative,id,date,value,note\nroma,a,2028-02-29,1,\"two\nlines\"\n", "roma a 2028-02-29 1   two\nlines")
	f("initiative,id,date,value\n")
	if _, err := indicator.ReadCSV(iotest.ErrReader(errors.New("torn"))); err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("a file that cannot be read: %v", err)
	}
	later := io.MultiReader(strings.NewReader("initiative,id,date,value\n"+strings.Repeat("roma,a,2026-01-31,1\n", 400)), iotest.ErrReader(errors.New("torn")))
	if _, err := indicator.ReadCSV(later); err == nil || !strings.Contains(err.Error(), "torn") {
		t.Errorf("a file that cannot be read to its end: %v", err)
	}
}

// FuzzReadFacts reads any file: it is refused, or facts that a book takes.
func FuzzReadFacts(f *testing.F) {
	f.Add("initiative,id,date,value,zone\nroma,a,2026-01-31,1,I\n")
	f.Add("\ufeffinitiative;id;date;value\nroma;a;2026-01-31;1,5\n")
	f.Add("initiative,id,date,value\n\"ro\"ma,a,2026-01-31,1\n\"")
	f.Fuzz(func(t *testing.T, file string) {
		facts, err := indicator.ReadCSV(strings.NewReader(file))
		if err != nil {
			return
		}
		for i := range facts {
			if err := facts[i].Validate(); err != nil {
				t.Errorf("%q: %v", file, err)
			}
		}
	})
}

func fact(t *testing.T, id, date string, value float64) indicator.Fact {
	t.Helper()
	at, err := indicator.ParseDate(date)
	if err != nil {
		t.Fatal(err)
	}
	return indicator.Fact{Initiative: "roma", ID: id, Date: at, Value: value}
}

// What is wrong with one fact keeps all of them out, and is the client's to mend.
func TestBookRefuses(t *testing.T) {
	book := newBook(t)
	good := fact(t, "a", "2026-01-01", 1)
	f := func(want string, facts ...indicator.Fact) {
		t.Helper()
		if err := book.Put(t.Context(), facts); !errors.Is(err, indicator.ErrBadFact) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if list, err := book.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("kept %v, %v", list, err)
		}
	}
	bad := good
	bad.ID = "A b"
	f("fact 2: not a fact: id", good, bad)
	other := good
	other.Value = 2
	f("fact 3: not a fact: it is of the same indicator, place and date as fact 1", good, fact(t, "b", "2026-01-01", 1), other)
	bad = good
	bad.Note = strings.Repeat("x", 501)
	f("fact 1", bad)
	bad = good
	bad.Date = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	f("between 1900 and 2200", bad)
}

func TestBookTakesBack(t *testing.T) {
	book := newBook(t)
	old, zone := fact(t, "a", "2025-01-01", 1), fact(t, "a", "2025-01-01", 5)
	zone.Zone = "Municipio I"
	if err := book.Put(t.Context(), []indicator.Fact{old, zone, fact(t, "a", "2026-01-01", 2)}); err != nil {
		t.Fatal(err)
	}
	<-book.Changed()
	f := func(want string) {
		t.Helper()
		list, err := book.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, one := range list {
			got += fmt.Sprint(one.Value, " ")
		}
		gone, err := book.Removed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range gone {
			got += fmt.Sprint("-", one.Fact.Value, " ")
		}
		if got != want {
			t.Errorf("the book has %s, want %s", got, want)
		}
	}
	f("1 2 5 ")
	asked := old
	asked.Value = 0 // whatever it says
	if _, err := book.Remove(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	<-book.Changed()
	f("2 5 -1 ")
	for _, missing := range []indicator.Fact{old, fact(t, "b", "2025-01-01", 0)} {
		if _, err := book.Remove(t.Context(), missing); !errors.Is(err, indicator.ErrNoFact) {
			t.Errorf("taken back twice, or never there: %v", err)
		}
	}
	if _, err := book.Remove(t.Context(), indicator.Fact{}); !errors.Is(err, indicator.ErrBadFact) {
		t.Errorf("nothing in particular: %v", err)
	}
	gone, err := book.Removed(t.Context())
	if err != nil || len(gone) != 1 {
		t.Fatal(gone, err)
	}
	if err := book.Put(t.Context(), []indicator.Fact{fact(t, "a", "2025-01-01", 7)}); err != nil { // before it is forgotten
		t.Fatal(err)
	}
	if err := book.Forget(t.Context(), gone[0]); err != nil {
		t.Fatal(err)
	}
	f("7 2 5 ")
	if _, err := book.Remove(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if gone, err = book.Removed(t.Context()); err != nil || len(gone) != 1 {
		t.Fatal(gone, err)
	}
	if err := book.Forget(t.Context(), gone[0]); err != nil {
		t.Fatal(err)
	}
	f("2 5 ")
}

// failing is a store whose writing fails for a time.
type failing struct {
	store
	err error
}

func (s *failing) Write(ctx context.Context, bucket string, points []ingest.Point) error {
	if s.err != nil {
		return s.err
	}
	return s.store.Write(ctx, bucket, points)
}

// A fact that is taken back is nowhere any more, and what held before it holds
// again; what else stands there stays. A store that fails in the middle is no loss.
func TestStoreFactsTakenBack(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	book, at := newBook(t), now
	s := &failing{store: store{server.Client(), w}}
	r, err := indicator.New(indicator.Options{Store: s, Facts: book, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	zone := fact(t, "a", "2026-04-01", 5)
	zone.Zone = "Municipio I"
	if err := book.Put(t.Context(), []indicator.Fact{fact(t, "a", "2025-01-01", 1), fact(t, "a", "2026-04-01", 2), zone, fact(t, "b", "2026-04-01", 9)}); err != nil {
		t.Fatal(err)
	}
	f := func(why, q, want string) {
		t.Helper()
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		bucket, q, _ := strings.Cut(q, " ")
		all, err := server.Client().Query(t.Context(), bucket, q)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, one := range all {
			for _, row := range one.Values {
				v, _ := ingest.NumberOf(row[1])
				got += fmt.Sprint(v, " ")
			}
		}
		if got != want {
			t.Errorf("%s: %s says %s, want %s", why, q, got, want)
		}
	}
	const holds, ofZone, ofB = "city SELECT last(value) FROM indicator WHERE id = 'a' AND zone = ''", "city SELECT last(value) FROM indicator WHERE zone != ''", "city SELECT last(value) FROM indicator WHERE id = 'b'"
	const history = "city_1d SELECT value FROM indicator WHERE id = 'a' AND zone = ''"
	f("at first", holds, "2 ")
	f("at first", history, "1 2 2 ") // its dates, and today
	at = at.Add(time.Hour)
	if _, err := book.Remove(t.Context(), fact(t, "a", "2026-04-01", 0)); err != nil {
		t.Fatal(err)
	}
	s.err = errors.New("away")
	if err := r.Once(t.Context()); !errors.Is(err, s.err) {
		t.Errorf("a store that is away: %v", err)
	}
	s.err = nil
	f("taken back", holds, "1 ")
	f("taken back", history, "1 1 ")
	f("of its zone", ofZone, "5 ")
	f("beside it", ofB, "9 ")
	if gone, err := book.Removed(t.Context()); err != nil || len(gone) != 0 {
		t.Errorf("still to be removed: %v, %v", gone, err)
	}
	for _, one := range []indicator.Fact{fact(t, "a", "2025-01-01", 0), zone} {
		if _, err := book.Remove(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	f("the last one taken back", holds, "")
	f("and its zone's", ofZone, "")
	f("beside it", ofB, "9 ")
	if err := book.Put(t.Context(), []indicator.Fact{fact(t, "a", "2026-04-01", 3)}); err != nil {
		t.Fatal(err)
	}
	f("said again", holds, "3 ")
	if err := book.Put(t.Context(), []indicator.Fact{fact(t, "a", "2030-01-01", 30)}); err != nil { // not yet
		t.Fatal(err)
	}
	f("of the future", holds, "3 ")
	if _, err := book.Remove(t.Context(), fact(t, "a", "2030-01-01", 0)); err != nil {
		t.Fatal(err)
	}
	f("of the future, taken back", "city_1d SELECT value FROM indicator WHERE id = 'a' AND time > '2029-01-01'", "")
	f("of the future, taken back", holds, "3 ")
}

// What was made of a fact that was taken back goes with it: ratios, ranks, shares, sums
// and the class of population; what other places' are, and what held before, stays.
func TestStoreWhatFollowsFromAFactGoesWithIt(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	book, at := newBook(t), now
	define := func(d indicator.Definition) indicator.Definition {
		d.Initiative, d.Split, d.Comuni = "anci", indicator.ByAdministration, []string{"000001", "000002"}
		return d
	}
	r, err := indicator.New(indicator.Options{
		Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return at }, Administrations: community(),
		Definitions: []indicator.Definition{
			define(indicator.Definition{ID: "cost-device", Ratio: &indicator.Ratio{Of: "cost", Per: "devices"}}),
			define(indicator.Definition{ID: "rank", Rank: &indicator.Rank{Of: "cost-device"}}),
			define(indicator.Definition{ID: "finished", Done: &indicator.Done{Things: []string{"one"}, State: 2}}),
			define(indicator.Definition{ID: "left-out", Sum: true}),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	of := func(id, date, comune string, value float64) indicator.Fact {
		out := fact(t, id, date, value)
		out.Initiative, out.Comune = "anci", comune
		return out
	}
	if err := book.Put(t.Context(), []indicator.Fact{
		of("devices", "2026-01-01", "000001", 10), of("devices", "2026-01-01", "000002", 10),
		of("cost", "2026-01-01", "000001", 100), of("cost", "2026-04-01", "000001", 300), of("cost", "2026-01-01", "000002", 200),
		of("one", "2026-01-01", "000001", 2), of("left-out", "2026-04-01", "000001", 7), of("population", "2026-04-01", "000002", 900),
	}); err != nil {
		t.Fatal(err)
	}
	f := func(why, id string, want map[string]string) {
		t.Helper()
		for _, bucket := range []string{"city", "city_1d"} {
			all, err := server.Client().Query(t.Context(), bucket, `SELECT last(value) FROM indicator WHERE initiative = 'anci' AND id = '`+id+`' GROUP BY comune`)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, s := range all {
				got[s.Tags["comune"]] = fmt.Sprint(s.Values[0][1])
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s: %s in %s is %v, want %v", why, id, bucket, got, want)
			}
		}
	}
	again := func(gone ...indicator.Fact) {
		t.Helper()
		at = at.Add(time.Hour)
		for _, one := range gone {
			if _, err := book.Remove(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	type is = map[string]string
	again()
	f("at first", "cost-device", is{"": "25", "000001": "30", "000002": "20"})
	f("at first", "rank", is{"000001": "25", "000002": "75"})
	f("at first", "finished", is{"": "100", "000001": "100"})
	f("at first", "left-out", is{"": "7", "000001": "7"})
	f("at first", "population-class", is{"000001": "0", "000002": "0"})

	again(of("cost", "2026-04-01", "000001", 0))
	f("what held before holds again", "cost-device", is{"": "15", "000001": "10", "000002": "20"})
	again(of("cost", "2026-01-01", "000001", 0), of("one", "2026-01-01", "000001", 0), of("left-out", "2026-04-01", "000001", 0), of("population", "2026-04-01", "000002", 0))
	f("nothing held before", "cost", is{"000002": "200"})
	f("a ratio", "cost-device", is{"": "20", "000002": "20"})
	f("a rank", "rank", is{"000002": "50"})
	f("a share", "finished", is{})
	f("a sum", "left-out", is{})
	f("a class", "population-class", is{"000001": "0", "000002": "4"})
	again(of("cost", "2026-01-01", "000002", 0))
	f("the last ratio", "cost-device", is{})
	f("the last rank", "rank", is{})
	f("what it was by", "devices", is{"000001": "10", "000002": "10"})
}

// A fact between two others that is taken back leaves the figures of the later one.
func TestStoreFactBetweenOthersTakenBack(t *testing.T) {
	server := influxtest.Start(t)
	server.Buckets("city", "city_1d")
	w, err := influx.NewWriter(server.Client())
	if err != nil {
		t.Fatal(err)
	}
	book, at := newBook(t), now
	r, err := indicator.New(indicator.Options{Store: store{server.Client(), w}, Facts: book, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	if err := book.Put(t.Context(), []indicator.Fact{fact(t, "a", "2026-04-01", 1), fact(t, "a", "2026-04-20", 2), fact(t, "a", "2026-05-01", 3)}); err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{now.AddDate(0, 0, -10), now.AddDate(0, 0, -2), now} { // 24 April, 2 and 4 May
		at = day
		if day.Equal(now) {
			if _, err := book.Remove(t.Context(), fact(t, "a", "2026-04-20", 0)); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	f := func(bucket, want string) {
		t.Helper()
		all, err := server.Client().Query(t.Context(), bucket, "SELECT value FROM indicator")
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		got := ""
		for _, row := range all[0].Values {
			got += fmt.Sprintf("%s %v;", row[0].(time.Time).In(rome(t)).Format("2.1."), row[1])
		}
		if got != want {
			t.Errorf("%s has %q, want %q", bucket, got, want)
		}
	}
	f("city", "2.5. 3;4.5. 3;")
	f("city_1d", "1.4. 1;1.5. 3;2.5. 3;4.5. 3;")
}

func rome(t *testing.T) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
