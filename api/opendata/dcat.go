package opendata

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rione/api/opendata/rdf"
	"rione/api/table"
	"rione/geo"
)

// Namespaces of the catalogue: DCAT-AP_IT 1.0 (AgID) over W3C's DCAT, and DQV for
// how complete a data set is.
const (
	nsDCAT    = "http://www.w3.org/ns/dcat#"
	nsDCT     = "http://purl.org/dc/terms/"
	nsIT      = "http://dati.gov.it/onto/dcatapit#"
	nsFOAF    = "http://xmlns.com/foaf/0.1/"
	nsVCard   = "http://www.w3.org/2006/vcard/ns#"
	nsDQV     = "http://www.w3.org/ns/dqv#"
	nsOWL     = "http://www.w3.org/2002/07/owl#"
	nsXSD     = "http://www.w3.org/2001/XMLSchema#"
	nsSKOS    = "http://www.w3.org/2004/02/skos/core#"
	euTheme   = "http://publications.europa.eu/resource/authority/data-theme/"
	euFormat  = "http://publications.europa.eu/resource/authority/file-type/"
	euFreq    = "http://publications.europa.eu/resource/authority/frequency/"
	ianaMedia = "https://www.iana.org/assignments/media-types/"
	euLang    = "http://publications.europa.eu/resource/authority/language/"
)

func prefixes() map[string]string {
	return map[string]string{"dcat": nsDCAT, "dct": nsDCT, "dcatapit": nsIT, "foaf": nsFOAF, "vcard": nsVCard, "dqv": nsDQV, "owl": nsOWL, "xsd": nsXSD, "skos": nsSKOS}
}

// catalogueOf builds the graph of what is published. base is the address of this
// server.
func (s *Service) catalogueOf(base string, list []Publication, states map[string]state) *rdf.Graph {
	c := &cataloguer{Graph: rdf.Graph{Prefixes: prefixes()}, base: base, told: make(map[string]bool)}
	me := base + "/catalog"
	c.types(me, nsIT+"Catalog", nsDCAT+"Catalog")
	c.texts(me, nsDCT+"title", Text{IT: "Dati aperti", EN: "Open data"})
	c.texts(me, nsDCT+"description", Text{IT: "Dati dei sensori e delle reti pubbliche dei comuni.", EN: "Data of sensors and public networks of the comuni."})
	if publisher := cmp.Or(s.o.Publisher, mostOf(list)); publisher.Code != "" {
		c.Add(me, nsDCT+"publisher", rdf.IRI(c.agent(publisher)))
	}
	if issued := firstIssue(list); !issued.IsZero() {
		c.Add(me, nsDCT+"issued", date(issued))
	}
	c.Add(me, nsDCT+"modified", date(newestChange(list, s.now())))
	c.Add(me, nsDCT+"language", rdf.IRI(euLang+"ITA"))
	c.Add(me, nsDCT+"language", rdf.IRI(euLang+"ENG"))
	c.Add(me, nsFOAF+"homepage", rdf.IRI(base+"/opendata"))
	c.Add(me, nsDCAT+"themeTaxonomy", rdf.IRI("http://publications.europa.eu/resource/authority/data-theme"))
	for i := range list {
		c.Add(me, nsDCAT+"dataset", rdf.IRI(c.dataset(&list[i], states[list[i].ID])))
	}
	return &c.Graph
}

type cataloguer struct {
	rdf.Graph
	base string
	told map[string]bool // what is described already, by IRI
}

// first reports whether a resource is to be described: nothing is twice.
func (c *cataloguer) first(iri string) bool {
	if c.told[iri] {
		return false
	}
	c.told[iri] = true
	return true
}

// local returns the IRI of something that the catalogue itself describes.
func (c *cataloguer) local(name string) string { return c.base + "/catalog#" + name }

func (c *cataloguer) types(subject string, types ...string) {
	for _, t := range types {
		c.Add(subject, rdf.Type, rdf.IRI(t))
	}
}

func (c *cataloguer) texts(subject, predicate string, t Text) {
	c.Add(subject, predicate, rdf.Lang(t.IT, "it"))
	c.Add(subject, predicate, rdf.Lang(t.EN, "en"))
}

func date(t time.Time) rdf.Term { return rdf.Typed(t.UTC().Format(time.DateOnly), nsXSD+"date") }

func newestChange(list []Publication, now time.Time) time.Time {
	var newest time.Time
	for i := range list {
		if list[i].Changed.After(newest) {
			newest = list[i].Changed
		}
	}
	if newest.IsZero() {
		return now
	}
	return newest
}

// mostOf returns who holds the most of the data sets, the first by code of those
// who hold as many; none when there are no data sets.
func mostOf(list []Publication) Holder {
	count := make(map[Holder]int)
	var most Holder
	for i := range list {
		h := list[i].Holder
		if count[h]++; count[h] > count[most] || count[h] == count[most] && h.Code < most.Code {
			most = h
		}
	}
	return most
}

// firstIssue is when the first of the data sets was published.
func firstIssue(list []Publication) time.Time {
	var first time.Time
	for i := range list {
		if at := list[i].Issued; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// agent describes an administration, once.
func (c *cataloguer) agent(h Holder) string {
	iri := c.local(h.Code)
	if c.first(iri) {
		c.types(iri, nsIT+"Agent", nsFOAF+"Agent")
		c.Add(iri, nsDCT+"identifier", rdf.Text(h.Code))
		c.Add(iri, nsFOAF+"name", rdf.Lang(h.Name, "it"))
	}
	return iri
}

// dataset describes one data set and returns its IRI.
func (c *cataloguer) dataset(p *Publication, st state) string {
	iri := c.base + "/opendata/" + p.ID
	c.types(iri, nsIT+"Dataset", nsDCAT+"Dataset")
	c.Add(iri, nsDCT+"identifier", rdf.Text(p.Holder.Code+":"+p.ID))
	c.texts(iri, nsDCT+"title", p.Title)
	c.texts(iri, nsDCT+"description", p.Description)
	modified := st.Newest
	if modified.IsZero() {
		modified = p.Changed
	}
	c.Add(iri, nsDCT+"modified", date(modified))
	if !p.Issued.IsZero() {
		c.Add(iri, nsDCT+"issued", date(p.Issued))
	}
	c.Add(iri, nsDCAT+"theme", rdf.IRI(euTheme+p.Theme))
	holder := c.agent(p.Holder)
	c.Add(iri, nsDCT+"rightsHolder", rdf.IRI(holder))
	c.Add(iri, nsDCT+"publisher", rdf.IRI(holder))
	c.Add(iri, nsDCT+"accrualPeriodicity", rdf.IRI(euFreq+p.frequency()))
	c.Add(iri, nsDCT+"language", rdf.IRI(euLang+"ITA"))
	c.Add(iri, nsDCAT+"landingPage", rdf.IRI(c.base+"/opendata#"+p.ID))
	c.Add(iri, nsDCAT+"keyword", rdf.Lang(p.Measurement, "en"))
	for _, code := range p.Comuni {
		c.Add(iri, nsDCT+"spatial", rdf.IRI(c.place(code)))
	}
	c.contact(iri, p)
	c.quality(iri, st)
	for _, f := range distributions(p) {
		c.Add(iri, nsDCAT+"distribution", rdf.IRI(c.distribution(p, f, modified)))
	}
	return iri
}

// frequency is how often rows are added, by the EU's vocabulary.
func (p *Publication) frequency() string {
	if p.Form == Groups {
		return "HOURLY"
	}
	return "UPDATE_CONT"
}

func (c *cataloguer) place(code string) string {
	iri := c.local("istat-" + code)
	if c.first(iri) {
		c.types(iri, nsDCT+"Location")
		c.Add(iri, nsIT+"geographicalIdentifier", rdf.Text(code))
		name := code
		if known, ok := geo.ComuneByCode(code); ok {
			name = known.Name
		}
		c.Add(iri, nsSKOS+"prefLabel", rdf.Lang(name, "it"))
	}
	return iri
}

func (c *cataloguer) contact(dataset string, p *Publication) {
	if p.Contact == "" {
		return
	}
	iri := dataset + "#contact"
	c.Add(dataset, nsDCAT+"contactPoint", rdf.IRI(iri))
	c.types(iri, nsIT+"Organization", nsVCard+"Organization", nsVCard+"Kind")
	c.Add(iri, nsVCard+"fn", rdf.Text(p.Holder.Name))
	c.Add(iri, nsVCard+"hasEmail", rdf.IRI("mailto:"+p.Contact))
}

// quality says how complete the last day was, and when the newest row is of.
func (c *cataloguer) quality(dataset string, st state) {
	add := func(name, value, datatype string) {
		iri, metric := dataset+"#"+name, c.local(name)
		c.Add(dataset, nsDQV+"hasQualityMeasurement", rdf.IRI(iri))
		c.types(iri, nsDQV+"QualityMeasurement")
		if c.first(metric) {
			c.types(metric, nsDQV+"Metric")
		}
		c.Add(iri, nsDQV+"isMeasurementOf", rdf.IRI(metric))
		c.Add(iri, nsDQV+"value", rdf.Typed(value, nsXSD+datatype))
	}
	add("completeness", strconv.FormatFloat(st.Completeness, 'f', 3, 64), "decimal")
	if !st.Newest.IsZero() {
		add("freshness", st.Newest.UTC().Format(time.RFC3339), "dateTime")
	}
}

// distribution is one way to get at a data set.
type distribution struct {
	name   string // of its fragment
	path   string // after the server's address
	format string // of the EU's file types
	media  string // media type
	title  Text
	api    bool
}

// distributions returns the ways to get at a data set: the API first.
func distributions(p *Publication) []distribution {
	api := distribution{name: "api", path: "/opendata/" + p.ID + ".ndjson", format: "JSON", media: "application/x-ndjson", api: true,
		title: Text{IT: "API: parametri start, end, bbox", EN: "API: parameters start, end, bbox"}}
	list := []distribution{api}
	if p.Form == Single {
		list = append(list, distribution{name: "sensorthings", path: "/sta/v1.1", format: "JSON", media: "application/json", api: true,
			title: Text{IT: "OGC SensorThings API", EN: "OGC SensorThings API"}},
			distribution{name: "features", path: "/ogc/collections/latest-" + p.Measurement + "/items", format: "GEOJSON", media: "application/geo+json", api: true,
				title: Text{IT: "OGC API Features: le misure più recenti", EN: "OGC API Features: the newest readings"}})
	}
	for _, f := range table.Formats() {
		if term, ok := fileTypes[f.Name]; ok {
			list = append(list, distribution{name: f.Name, path: "/opendata/" + p.ID + "." + f.Name, format: term, media: mediaOf(f.Media),
				title: Text{IT: "Scarica " + term, EN: "Download " + term}})
		}
	}
	return list
}

// fileTypes are the terms of the EU's file types.
//
//nolint:gochecknoglobals // a table that nobody changes
var fileTypes = map[string]string{"csv": "CSV", "geojson": "GEOJSON", "parquet": "PARQUET"}

// mediaOf returns a media type without its parameters.
func mediaOf(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return media
}

func (c *cataloguer) distribution(p *Publication, d distribution, modified time.Time) string {
	iri := fmt.Sprintf("%s/opendata/%s#%s", c.base, p.ID, d.name)
	c.types(iri, nsIT+"Distribution", nsDCAT+"Distribution")
	c.texts(iri, nsDCT+"title", d.title)
	c.texts(iri, nsDCT+"description", p.Description)
	c.Add(iri, nsDCT+"modified", date(modified))
	c.Add(iri, nsDCT+"format", rdf.IRI(euFormat+d.format))
	c.Add(iri, nsDCAT+"mediaType", rdf.IRI(ianaMedia+d.media))
	c.Add(iri, nsDCAT+"accessURL", rdf.IRI(c.base+d.path))
	if !d.api {
		c.Add(iri, nsDCAT+"downloadURL", rdf.IRI(c.base+d.path))
	}
	c.Add(iri, nsDCT+"license", rdf.IRI(c.licence(p)))
	return iri
}

func (c *cataloguer) licence(p *Publication) string {
	term, _ := licenceTerm(p.Licence)
	if c.first(term) {
		name, version := p.licenceName()
		c.types(term, nsIT+"LicenseDocument", nsDCT+"LicenseDocument")
		c.Add(term, nsFOAF+"name", rdf.Lang(name, "it"))
		c.Add(term, nsOWL+"versionInfo", rdf.Text(version))
		c.Add(term, nsDCT+"type", rdf.IRI(licenceType(p.licence())))
	}
	return term
}

// licenceType is of ADMS: whether the source must be named.
func licenceType(spdx string) string {
	if spdx == DefaultLicence {
		return "http://purl.org/adms/licencetype/Attribution"
	}
	return "http://purl.org/adms/licencetype/PublicDomain"
}
