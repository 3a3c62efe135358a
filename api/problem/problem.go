// Package problem writes errors as RFC 9457 wants them, which ModI asks for.
package problem

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Media is the media type of problem documents.
const Media = "application/problem+json"

// Write answers with a problem document.
func Write(w http.ResponseWriter, status int, detail string) {
	body, _ := json.Marshal(struct { // plain strings always have a JSON form
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(status), status, detail})
	w.Header().Set("Content-Type", Media)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client's going away is no news
}

// Unknown returns what is wrong with the names of query parameters, "" when they
// are all known and each is given once: a misspelt filter would otherwise answer
// with everything.
func Unknown(q url.Values, known ...string) string {
	for name, values := range q {
		switch {
		case !slices.Contains(known, name):
			return "there is no query parameter " + Short(name) + " here"
		case len(values) > 1:
			return "the query parameter " + Short(name) + " is given more than once"
		}
	}
	return ""
}

// Short quotes a client's text for a message.
func Short(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.QuoteToGraphic(s)
}
