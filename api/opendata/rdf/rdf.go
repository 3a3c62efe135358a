// Package rdf writes a graph as Turtle, JSON-LD and RDF/XML. It knows what a
// catalogue needs: IRIs and literals, no blank nodes, no lists.
package rdf

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Term is an object: an IRI, or a literal with a datatype or a language.
type Term struct {
	IRI      string // "" for a literal
	Text     string
	Lang     string // BCP 47, "" none
	Datatype string // IRI, "" for plain text
}

// IRI returns a resource.
func IRI(iri string) Term { return Term{IRI: iri} }

// Text returns a plain literal.
func Text(text string) Term { return Term{Text: text} }

// Lang returns a literal in a language.
func Lang(text, lang string) Term { return Term{Text: text, Lang: lang} }

// Typed returns a literal of a datatype.
func Typed(text, datatype string) Term { return Term{Text: text, Datatype: datatype} }

// Triple is one statement.
type Triple struct {
	Subject   string
	Predicate string
	Object    Term
}

// Type is the predicate rdf:type.
const Type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

// Graph is statements and the prefixes that they are written with.
type Graph struct {
	Prefixes map[string]string // prefix to namespace; every predicate's namespace must have one
	triples  []Triple
}

// Add states something. Objects that are empty are left out.
func (g *Graph) Add(subject, predicate string, object Term) {
	if object.IRI != "" || object.Text != "" {
		g.triples = append(g.triples, Triple{subject, predicate, object})
	}
}

// Triples returns the statements in the order in which they were added, those of
// one subject together.
func (g *Graph) Triples() []Triple {
	order := make(map[string]int)
	for _, t := range g.triples {
		if _, seen := order[t.Subject]; !seen {
			order[t.Subject] = len(order)
		}
	}
	sorted := slices.Clone(g.triples)
	slices.SortStableFunc(sorted, func(a, b Triple) int { return cmp.Compare(order[a.Subject], order[b.Subject]) })
	return sorted
}

// prefixes returns the prefixes in the order of their names.
func (g *Graph) prefixes() []string {
	names := make([]string, 0, len(g.Prefixes))
	for p := range g.Prefixes {
		names = append(names, p)
	}
	slices.Sort(names)
	return names
}

// short returns prefix and local name of an IRI, false when no prefix fits or
// the rest is no plain name.
func (g *Graph) short(iri string) (prefix, local string, ok bool) {
	for _, p := range g.prefixes() {
		rest, found := strings.CutPrefix(iri, g.Prefixes[p])
		if found && plainName(rest) {
			return p, rest, true
		}
	}
	return "", "", false
}

// plainName tells whether a local name needs no escapes anywhere.
func plainName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || s[i] < '0' || s[i] > '9') && (i == 0 || s[i] != '_') {
			return false
		}
	}
	return s != ""
}

// WriteTurtle writes RDF 1.1 Turtle.
func (g *Graph) WriteTurtle(w io.Writer) error {
	var b strings.Builder
	for _, p := range g.prefixes() {
		fmt.Fprintf(&b, "@prefix %s: <%s> .\n", p, escapeIRI(g.Prefixes[p]))
	}
	subject := ""
	for _, t := range g.Triples() {
		if t.Subject != subject {
			if subject != "" {
				b.WriteString(" .\n")
			}
			subject = t.Subject
			b.WriteString("\n<" + escapeIRI(subject) + ">\n    ")
		} else {
			b.WriteString(" ;\n    ")
		}
		b.WriteString(g.turtleIRI(t.Predicate) + " " + g.turtleTerm(t.Object))
	}
	if subject != "" {
		b.WriteString(" .\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Graph) turtleIRI(iri string) string {
	if iri == Type {
		return "a"
	}
	if p, local, ok := g.short(iri); ok {
		return p + ":" + local
	}
	return "<" + escapeIRI(iri) + ">"
}

func (g *Graph) turtleTerm(t Term) string {
	switch {
	case t.IRI != "":
		return g.turtleIRI(t.IRI)
	case t.Lang != "":
		return quote(t.Text) + "@" + t.Lang
	case t.Datatype != "":
		return quote(t.Text) + "^^" + g.turtleIRI(t.Datatype)
	}
	return quote(t.Text)
}

// quote writes a STRING_LITERAL_QUOTE of Turtle.
func quote(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", "").Replace(s) + `"`
}

// escapeIRI percent-encodes what an IRIREF may not hold.
func escapeIRI(iri string) string {
	var b strings.Builder
	for i := range len(iri) {
		if c := iri[i]; c <= ' ' || strings.IndexByte("<>\"{}|^`\\", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// WriteJSONLD writes JSON-LD 1.1 in expanded form: no context is needed to read
// it, inline or remote.
func (g *Graph) WriteJSONLD(w io.Writer) error {
	var nodes []map[string]any
	for _, t := range g.Triples() {
		if len(nodes) == 0 || nodes[len(nodes)-1]["@id"] != t.Subject {
			nodes = append(nodes, map[string]any{"@id": t.Subject})
		}
		node, key, value := nodes[len(nodes)-1], t.Predicate, any(jsonTerm(t.Object))
		if key == Type {
			key, value = "@type", t.Object.IRI
		}
		list, _ := node[key].([]any)
		node[key] = append(list, value)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(nodes)
}

func jsonTerm(t Term) map[string]string {
	switch {
	case t.IRI != "":
		return map[string]string{"@id": t.IRI}
	case t.Lang != "":
		return map[string]string{"@value": t.Text, "@language": t.Lang}
	case t.Datatype != "":
		return map[string]string{"@value": t.Text, "@type": t.Datatype}
	}
	return map[string]string{"@value": t.Text}
}
