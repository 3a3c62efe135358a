package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rione/api/problem"

	"github.com/danielgtaylor/huma/v2"
)

// listing is what an operation answers with, when that is a list: the member
// that has the items, and what their members are called.
type listing struct {
	member string
	fields []string
	whole  bool // it has one page, so it can be sorted here
}

// offer gives a list's operation the parameters fields and, where the whole list
// is one answer, sort; and every reading one the answer 304. Handlers know
// nothing of it: shape does both to what they answered.
func (s *Server) offer(op *huma.Operation) {
	op.Responses["304"] = &huma.Response{Description: "Nothing changed since the ETag that If-None-Match names."}
	has := func(name string) bool {
		return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
	}
	content := op.Responses["200"].Content[jsonType]
	if strings.HasSuffix(op.Path, "}") || has("fields") || content == nil {
		return
	}
	l, schema := s.listOf(content.Schema)
	if l == nil {
		return
	}
	content.Schema = schema
	parameter := func(name, doc string, signs ...string) {
		members := &huma.Schema{Type: huma.TypeString}
		for _, field := range l.fields {
			for _, sign := range signs {
				members.Enum = append(members.Enum, sign+field)
			}
		}
		commas := false
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "query", Description: doc, Style: "form", Explode: &commas,
			Schema: &huma.Schema{Type: huma.TypeArray, Items: members}})
	}
	parameter("fields", "Only these members of each of "+l.member+", separated by commas.", "")
	if l.whole = !has("cursor"); l.whole {
		parameter("sort", "By these members of "+l.member+", separated by commas; - before one turns it round.", "", "-")
	}
	s.lists[op.Method+" "+op.Path] = l
}

// listOf finds the one list of objects in an answer's schema, and makes the
// schema of an answer whose items have only some of their members.
func (s *Server) listOf(schema *huma.Schema) (*listing, *huma.Schema) {
	registry := s.api.OpenAPI().Components.Schemas
	page := schema
	if page.Ref != "" {
		page = registry.SchemaFromRef(page.Ref)
	}
	var l *listing
	var item *huma.Schema
	for name, p := range page.Properties {
		if p.Type != huma.TypeArray || p.Items == nil || p.Items.Ref == "" {
			continue
		}
		if l != nil {
			return nil, nil
		}
		l, item = &listing{member: name}, registry.SchemaFromRef(p.Items.Ref)
	}
	if l == nil || len(item.Properties) == 0 {
		return nil, nil
	}
	for name := range item.Properties {
		l.fields = append(l.fields, name)
	}
	slices.Sort(l.fields)
	some, answer, list := *item, *page, *page.Properties[l.member]
	some.Required, list.Items = nil, &some
	answer.Properties = make(map[string]*huma.Schema, len(page.Properties))
	for name, p := range page.Properties {
		answer.Properties[name] = p
	}
	answer.Properties[l.member] = &list
	return l, &answer
}

// wish is how a client wants a list.
type wish struct {
	*listing
	fields, sort []string
}

// wishOf reads what the query asks of a list; nil when it asks for nothing.
func (l *listing) wishOf(query url.Values) (*wish, error) {
	w := &wish{listing: l}
	for _, part := range []struct {
		name string
		into *[]string
	}{{"fields", &w.fields}, {"sort", &w.sort}} {
		if part.name == "sort" && !l.whole {
			continue // the handler's own
		}
		for name := range strings.SplitSeq(query.Get(part.name), ",") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if !slices.Contains(l.fields, strings.TrimPrefix(name, "-")) || part.name == "fields" && name[0] == '-' {
				return nil, badQuery(part.name, l.member+" have no "+problem.Short(name)+", only "+strings.Join(l.fields, ", "))
			}
			*part.into = append(*part.into, name)
		}
	}
	if len(w.fields)+len(w.sort) == 0 {
		return nil, nil
	}
	return w, nil
}

type item map[string]json.RawMessage

// apply sorts and cuts the items of an answer.
func (w *wish) apply(answer []byte) ([]byte, error) {
	var whole item
	if err := json.Unmarshal(answer, &whole); err != nil {
		return nil, err
	}
	var items []item
	if err := json.Unmarshal(whole[w.member], &items); err != nil {
		return nil, err
	}
	slices.SortStableFunc(items, w.compare)
	if len(w.fields) > 0 {
		for i, all := range items {
			items[i] = make(item, len(w.fields))
			for _, name := range w.fields {
				if v, ok := all[name]; ok {
					items[i][name] = v
				}
			}
		}
	}
	var err error
	if whole[w.member], err = json.Marshal(items); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

func (w *wish) compare(a, b item) int {
	for _, name := range w.sort {
		name, turned := strings.CutPrefix(name, "-")
		if c := compareJSON(a[name], b[name]); c != 0 {
			if turned {
				return -c
			}
			return c
		}
	}
	return 0
}

// compareJSON orders numbers by value and all else by its text; what is not
// there comes first.
func compareJSON(a, b json.RawMessage) int {
	var x, y float64
	if json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil {
		return cmp.Compare(x, y)
	}
	return bytes.Compare(a, b)
}

// shape answers readers of /v1 with an ETag, with 304 when they have the answer
// already, and with lists as they want them.
func (s *Server) shape(pattern string, next http.Handler) http.Handler {
	if !strings.HasPrefix(pattern, "GET /v1/") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var wanted *wish
		if l := s.lists[pattern]; l != nil {
			var err error
			if wanted, err = l.wishOf(r.URL.Query()); err != nil {
				writeProblem(w, http.StatusUnprocessableEntity, err.Error())
				return
			}
		}
		kept := &keptAnswer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		if kept.status == http.StatusOK && wanted != nil {
			if !strings.HasPrefix(w.Header().Get("Content-Type"), jsonType) {
				writeProblem(w, http.StatusUnprocessableEntity, "fields and sort are for application/json")
				return
			}
			cut, err := wanted.apply(kept.body.Bytes())
			if err != nil {
				s.log.Error("an answer cannot be cut", "path", r.URL.Path, "error", err)
				writeProblem(w, http.StatusInternalServerError, "something went wrong here; leave fields and sort out")
				return
			}
			kept.body = *bytes.NewBuffer(cut)
		}
		kept.send(r)
	})
}

// conditional answers with an ETag, and with 304 who has the answer already.
func conditional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &keptAnswer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		kept.send(r)
	})
}

// keptAnswer holds an answer back until it is known whether it is news.
type keptAnswer struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (k *keptAnswer) WriteHeader(status int) { k.status = status }

// Write implements io.Writer.
func (k *keptAnswer) Write(b []byte) (int, error) { return k.body.Write(b) }

// Unwrap lets deadlines through.
func (k *keptAnswer) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keptAnswer) send(r *http.Request) {
	h := k.Header()
	if k.status == http.StatusOK {
		if h.Get("ETag") == "" {
			sum := sha256.Sum256(k.body.Bytes())
			h.Set("ETag", `W/"`+hex.EncodeToString(sum[:12])+`"`)
		}
		if knows(r.Header.Get("If-None-Match"), h.Get("ETag")) {
			h.Del("Content-Type")
			k.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	k.ResponseWriter.WriteHeader(k.status)
	_, _ = k.ResponseWriter.Write(k.body.Bytes()) // the client's going away is no news
}

// knows tells whether If-None-Match names an ETag, by the weak comparison of
// RFC 9110, 13.1.2.
func knows(ifNoneMatch, etag string) bool {
	etag = strings.TrimPrefix(etag, "W/")
	for tag := range strings.SplitSeq(ifNoneMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag != "" && strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
