package rdf

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func sample() *Graph {
	g := &Graph{Prefixes: map[string]string{"dct": "http://purl.org/dc/terms/", "xsd": "http://www.w3.org/2001/XMLSchema#"}}
	g.Add("http://x/a", Type, IRI("http://purl.org/dc/terms/Agent"))
	g.Add("http://x/b", "http://purl.org/dc/terms/title", Text("plain"))
	g.Add("http://x/a", "http://purl.org/dc/terms/title", Lang("a \"quoted\" <b>\\\n& line", "it"))
	g.Add("http://x/a", "http://purl.org/dc/terms/modified", Typed("2026-03-01", "http://www.w3.org/2001/XMLSchema#date"))
	g.Add("http://x/a", "http://purl.org/dc/terms/relation", IRI("http://x/with space>"))
	g.Add("http://x/a", "http://purl.org/dc/terms/empty", Text(""))
	return g
}

func TestTurtle(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteTurtle(&b); err != nil {
		t.Fatal(err)
	}
	want := `@prefix dct: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<http://x/a>
    a dct:Agent ;
    dct:title "a \"quoted\" <b>\\\n& line"@it ;
    dct:modified "2026-03-01"^^xsd:date ;
    dct:relation <http://x/with%20space%3E> .

<http://x/b>
    dct:title "plain" .
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

func TestJSONLD(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteJSONLD(&b); err != nil {
		t.Fatal(err)
	}
	var nodes []map[string]any
	if err := json.Unmarshal([]byte(b.String()), &nodes); err != nil || len(nodes) != 2 || nodes[0]["@id"] != "http://x/a" {
		t.Fatalf("%v %s", err, b.String())
	}
	title := nodes[0]["http://purl.org/dc/terms/title"].([]any)[0].(map[string]any)
	if title["@value"] != "a \"quoted\" <b>\\\n& line" || title["@language"] != "it" || nodes[0]["@type"].([]any)[0] != "http://purl.org/dc/terms/Agent" {
		t.Errorf("%s", b.String())
	}
}

func TestRDFXML(t *testing.T) {
	var b strings.Builder
	if err := sample().WriteRDFXML(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	text := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, b.String())
		}
		if c, ok := token.(xml.CharData); ok {
			text += string(c)
		}
	}
	if !strings.Contains(text, "a \"quoted\" <b>\\\n& line") {
		t.Errorf("%s", b.String())
	}
	g := &Graph{}
	g.Add("http://x/a", "http://nowhere/p", Text("v"))
	if err := g.WriteRDFXML(io.Discard); err == nil {
		t.Error("a predicate without a prefix was written")
	}
}

func TestEmptyGraph(t *testing.T) {
	g := &Graph{}
	for name, write := range map[string]func(io.Writer) error{"ttl": g.WriteTurtle, "xml": g.WriteRDFXML, "jsonld": g.WriteJSONLD} {
		if err := write(io.Discard); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzTexts: whatever a text holds, the document stays one that its own reader
// takes.
func FuzzTexts(f *testing.F) {
	f.Add("a\"b\\c\n", "it")
	f.Add("]]> <x/> &amp; \x00\ufffe", "en")
	f.Fuzz(func(t *testing.T, text, iri string) {
		g := &Graph{Prefixes: map[string]string{"p": "http://x/"}}
		g.Add("http://s/"+iri, "http://x/p", Text(text))
		g.Add("http://s/"+iri, "http://x/p", IRI("http://o/"+iri))
		var b strings.Builder
		if err := g.WriteRDFXML(&b); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v: %q", err, b.String())
			}
		}
		b.Reset()
		if err := g.WriteJSONLD(&b); err != nil || !json.Valid([]byte(b.String())) {
			t.Fatalf("%v: %q", err, b.String())
		}
		b.Reset()
		if err := g.WriteTurtle(&b); err != nil || strings.Count(b.String(), "\n") > 6 {
			t.Fatalf("%v: %q", err, b.String())
		}
	})
}
