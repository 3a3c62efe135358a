package problem

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	answer := httptest.NewRecorder()
	Write(answer, http.StatusNotFound, `there is no device "x" <here>`)
	if answer.Code != http.StatusNotFound || answer.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d, %v", answer.Code, answer.Header())
	}
	var got struct {
		Title, Detail string
		Status        int
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Title != "Not Found" || got.Status != 404 || got.Detail != `there is no device "x" <here>` {
		t.Errorf("%+v", got)
	}
}

func TestUnknown(t *testing.T) {
	f := func(query, want string, known ...string) {
		t.Helper()
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := Unknown(q, known...); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	f("", "")
	f("limit=5&bbox=", "", "bbox", "limit")
	f("limt=5", `there is no query parameter "limt" here`, "limit")
	f("Limit=5", `there is no query parameter "Limit" here`, "limit")
	f("limit=5", `there is no query parameter "limit" here`)
	f("limit=5&limit=6", `the query parameter "limit" is given more than once`, "limit")
	f("limit=5&limit=5", `the query parameter "limit" is given more than once`, "limit")
	f("=5", `there is no query parameter "" here`, "limit")
}

func TestShort(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := Short(s); got != want {
			t.Errorf("%.50q: %s, want %s", s, got, want)
		}
	}
	f("", `""`)
	f("Città", `"Città"`)
	f("a\nb\"c\x00", `"a\nb\"c\x00"`) // no line of a log can be made up
	f(strings.Repeat("x", 40), `"`+strings.Repeat("x", 40)+`"`)
	f(strings.Repeat("x", 41), `"`+strings.Repeat("x", 40)+`…"`)
}
