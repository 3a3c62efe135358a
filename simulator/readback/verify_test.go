package readback

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

func verify(t *testing.T, devices []Device, s *store) *Result {
	t.Helper()
	seen := make(chan int, len(devices))
	r, err := Verify(t.Context(), devices, Options{Target: serve(t, s), Deadline: time.Now(), Progress: func(n int) { seen <- n }})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(devices) {
		t.Errorf("%d devices reported, want %d", len(seen), len(devices))
	}
	return r
}

func faithful(_ int, r row) []row { return []row{r} }

func TestAFaithfulStoreIsClean(t *testing.T) {
	devices := fleet(3, 4500, nil) // more than two windows
	r := verify(t, devices, fill(devices, faithful))
	if !r.Clean() || r.Stored != 3*4500 || r.Readings != 2*3*4500 || r.UnackedButStored != 0 || len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
}

// changed returns a copy of r, for change to spoil.
func changed(r row, change func(*row)) row {
	r.tags, r.fields = maps.Clone(r.tags), maps.Clone(r.fields)
	change(&r)
	return r
}

func TestPlantedBugsAreCaughtAndNamed(t *testing.T) {
	devices := fleet(4, 100, nil)
	every := func(n int, what func(r row) []row) func(int, row) []row {
		return func(i int, r row) []row {
			if i%n == n/2 && r.measurement == "air" {
				return what(r)
			}
			return []row{r}
		}
	}
	spoil := func(n int, change func(*row)) func(int, row) []row {
		return every(n, func(r row) []row { return []row{changed(r, change)} })
	}
	f := func(bug string, plant func(int, row) []row, want Result, kind Kind, cause string) {
		t.Helper()
		got := verify(t, devices, fill(devices, plant))
		if got.Clean() || got.Lost != want.Lost || got.Wrong != want.Wrong || got.StoredTwice != want.StoredTwice || got.Restamped != want.Restamped {
			t.Errorf("%s: lost %d, wrong %d, twice %d, restamped %d", bug, got.Lost, got.Wrong, got.StoredTwice, got.Restamped)
		}
		if text := fmt.Sprintf("%+v", got.Causes); !strings.Contains(text, cause) {
			t.Errorf("%s: causes %s, want %q", bug, text, cause)
		}
		if text := fmt.Sprintf("%+v", got.Findings); !strings.Contains(text, string(kind)) {
			t.Errorf("%s: findings without %s: %.300s", bug, kind, text)
		}
	}
	f("loses 1 in 100", every(100, func(row) []row { return nil }), Result{Lost: 4}, Lost, "acked and not stored")
	f("hPa kept as Pa", spoil(20, func(r *row) { r.fields["press_hpa"] *= 100 }), Result{Wrong: 20}, WrongValue, "air.press_hpa has another value: shifted unit? 100 times too much")
	f("°C kept as K", spoil(100, func(r *row) { r.fields["temp_c"] += 273.15 }), Result{Wrong: 4}, WrongValue, "kelvin")
	f("one value of another message", spoil(100, func(r *row) { r.fields["temp_c"] = 14.125 }), Result{Wrong: 4}, WrongValue, "air.temp_c has another value")
	f("swaps lat and lon", spoil(100, func(r *row) { r.fields["lat"], r.fields["lon"] = r.fields["lon"], r.fields["lat"] }), Result{Wrong: 4}, WrongPlace, "lat and lon are swapped")
	f("no position", spoil(100, func(r *row) { delete(r.fields, "lat") }), Result{Wrong: 4}, WrongPlace, "lat or lon is missing")
	f("another comune", spoil(100, func(r *row) { r.tags["comune"] = "082053" }), Result{Wrong: 4}, WrongPlace, `comune is "082053"`)
	f("no zone", spoil(100, func(r *row) { delete(r.tags, "zone") }), Result{Wrong: 4}, WrongPlace, "zone is")
	f("no cell", spoil(100, func(r *row) { delete(r.tags, "s2_cell_id") }), Result{Wrong: 4}, WrongPlace, "s2_cell_id is missing")
	f("loses a field", spoil(100, func(r *row) { delete(r.fields, "temp_c") }), Result{Wrong: 4}, WrongValue, "air.temp_c is missing")
	f("restamps by an hour", spoil(100, func(r *row) { r.ms += 3_600_000 + 1 }), Result{Lost: 4, Restamped: 4}, Restamped, "time zone")
	f("restamps when received", spoil(100, func(r *row) { r.ms += 1_234 }), Result{Lost: 4, Restamped: 4}, Restamped, "stamped when received")
	f("restamps backwards", spoil(100, func(r *row) { r.ms -= 1_234 }), Result{Lost: 4, Restamped: 4}, Restamped, "earlier")
	f("loses an extra tag", spoil(100, func(r *row) { delete(r.tags, "grade") }), Result{Lost: 4}, Lost, "acked and not stored")
	f("stores twice", every(100, func(r row) []row { return []row{r, r} }), Result{StoredTwice: 4}, StoredTwice, "stored twice")
}

func TestOneLostInTenThousandIsFound(t *testing.T) {
	devices := fleet(4, 2500, nil)
	r := verify(t, devices, fill(devices, func(n int, r row) []row {
		if n == 7777 && r.measurement == "device" {
			return nil
		}
		return []row{r}
	}))
	if r.Lost != 1 || r.Stored != 9999 || len(r.Findings) != 1 || r.Findings[0].Device != "sim-air-058091-0003" {
		t.Errorf("%+v", r)
	}
}

// What is lost stays lost when the store cannot be asked where else it might be.
func TestAStoreThatDoesNotAnswerAtLast(t *testing.T) {
	devices := fleet(1, 5, nil)
	s := fill(devices, func(n int, r row) []row {
		if n == 2 && r.measurement == "air" {
			return nil
		}
		return []row{r}
	})
	s.answer = func(w http.ResponseWriter) bool {
		if s.queries == 3 { // after the last message, and all of them
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		return false
	}
	r := verify(t, devices, s)
	if r.Lost != 1 || r.Stored != 4 || len(r.Causes) != 2 || !strings.Contains(fmt.Sprint(r.Causes), "could not be looked for at other times: InfluxDB says 500") {
		t.Errorf("%+v", r)
	}
}

func TestOnlyWhatWasAckedCanBeLost(t *testing.T) {
	devices := fleet(1, 100, func(_, k int) bool { return k%10 == 0 })
	r := verify(t, devices, fill(devices, func(n int, r row) []row {
		if n%20 == 0 {
			return nil // unacked, and not stored: nobody promised it
		}
		return []row{r}
	}))
	if !r.Clean() || r.Stored != 90 || r.UnackedButStored != 5 {
		t.Errorf("%+v", r)
	}
}

func TestAStoreThatCatchesUp(t *testing.T) {
	devices := fleet(2, 50, nil)
	s := fill(devices, faithful)
	s.answer = func(w http.ResponseWriter) bool {
		switch s.queries {
		case 1:
			http.Error(w, "starting", http.StatusServiceUnavailable)
		case 2, 3:
			_, _ = w.Write([]byte(`{"results":[{}]}`)) // nothing there yet
		default:
			return false
		}
		return true
	}
	r, err := Verify(t.Context(), devices, Options{Target: serve(t, s), Deadline: time.Now().Add(time.Minute), Progress: func(int) {}})
	if err != nil || !r.Clean() || r.Stored != 100 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAStoreThatDoesNotAnswer(t *testing.T) {
	f := func(want string, answer func(w http.ResponseWriter) bool) {
		t.Helper()
		devices := fleet(1, 5, nil)
		s := fill(devices, faithful)
		s.answer = answer
		_, err := Verify(t.Context(), devices, Options{Target: serve(t, s), Deadline: time.Now(), Progress: func(int) {}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	says := func(status int, body string) func(http.ResponseWriter) bool {
		return func(w http.ResponseWriter) bool {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	f("user:password", says(http.StatusUnauthorized, "no"))
	f("503", says(http.StatusServiceUnavailable, "later"))
	f("no JSON", says(http.StatusOK, "<html>"))
	f("database not found", says(http.StatusOK, `{"results":[{"statement_id":0,"error":"database not found: city"}]}`))
	f("max-row-limit", says(http.StatusOK, `{"results":[{"series":[{"name":"air","columns":["time"],"values":[],"partial":true}]}]}`))
}

func TestAWrongTokenIsNotAskedAgain(t *testing.T) {
	devices := fleet(1, 5, nil)
	s := fill(devices, faithful)
	s.answer = func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	_, err := Verify(t.Context(), devices, Options{Target: serve(t, s), Deadline: time.Now().Add(time.Hour), Progress: func(int) {}})
	if err == nil || s.queries != 1 {
		t.Errorf("%v after %d queries", err, s.queries)
	}
}

func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(`{"results":[{"series":[{"name":"air","columns":["time","temp_c","zone"],"values":[[1,2.5,"a"],[2,null]]}]}]}`))
	f.Add([]byte(`{"results":[{"error":"x"}]}`))
	f.Add([]byte(`{"results":[{"series":[{"columns":["a"],"values":[[1]]}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = parseAnswer(body, func(r *row) { _ = rowKey(r) })
	})
}
