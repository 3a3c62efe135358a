package rdf

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

const rdfNamespace = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

// WriteRDFXML writes RDF 1.1 XML. It fails when a predicate has no prefix: there
// a predicate is the name of an element.
func (g *Graph) WriteRDFXML(w io.Writer) error {
	var b strings.Builder
	b.WriteString(xml.Header + `<rdf:RDF xmlns:rdf="` + rdfNamespace + `"`)
	for _, p := range g.prefixes() {
		if p != "rdf" {
			fmt.Fprintf(&b, "\n    xmlns:%s=\"%s\"", p, escapeXML(g.Prefixes[p]))
		}
	}
	b.WriteString(">\n")
	subject := ""
	for _, t := range g.Triples() {
		if t.Subject != subject {
			if subject != "" {
				b.WriteString("  </rdf:Description>\n")
			}
			subject = t.Subject
			b.WriteString(`  <rdf:Description rdf:about="` + escapeXML(escapeIRI(subject)) + "\">\n")
		}
		element, err := g.xmlElement(t)
		if err != nil {
			return err
		}
		b.WriteString("    " + element + "\n")
	}
	if subject != "" {
		b.WriteString("  </rdf:Description>\n")
	}
	b.WriteString("</rdf:RDF>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (g *Graph) xmlElement(t Triple) (string, error) {
	name := "rdf:type"
	if t.Predicate != Type {
		p, local, ok := g.short(t.Predicate)
		if !ok {
			return "", fmt.Errorf("rdf: no prefix for the predicate %s", t.Predicate)
		}
		name = p + ":" + local
	}
	o := t.Object
	switch {
	case o.IRI != "":
		return `<` + name + ` rdf:resource="` + escapeXML(escapeIRI(o.IRI)) + `"/>`, nil
	case o.Lang != "":
		return `<` + name + ` xml:lang="` + escapeXML(o.Lang) + `">` + escapeXML(o.Text) + `</` + name + `>`, nil
	case o.Datatype != "":
		return `<` + name + ` rdf:datatype="` + escapeXML(escapeIRI(o.Datatype)) + `">` + escapeXML(o.Text) + `</` + name + `>`, nil
	}
	return `<` + name + `>` + escapeXML(o.Text) + `</` + name + `>`, nil
}

func escapeXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
