"""Parses a catalogue with rdflib and checks what DCAT-AP_IT 1.0 makes mandatory,
what it recommends and this catalogue has, and that terms are of its vocabularies.

usage: dcat_ap_it.py CATALOG.ttl CATALOG.jsonld CATALOG.rdf   (files or URLs)

The three must be one graph. Prints what is wrong, a line each, and ends with 1
then. Cardinalities are those of the ontology: of a data set exactly one
identifier, modified, rightsHolder and accrualPeriodicity; of a distribution
exactly one accessURL, format and license.
"""
import sys

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF, OWL, RDF, XSD

IT = Namespace("http://dati.gov.it/onto/dcatapit#")
FORMATS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml"}
MANY = None

RULES = {
    IT.Catalog: [(DCTERMS.title, 1, MANY), (DCTERMS.description, 1, MANY), (DCTERMS.publisher, 1, 1), (DCTERMS.modified, 1, 1), (DCAT.dataset, 1, MANY)],
    IT.Dataset: [
        (DCTERMS.identifier, 1, 1), (DCTERMS.title, 1, MANY), (DCTERMS.description, 1, MANY), (DCTERMS.modified, 1, 1),
        (DCAT.theme, 1, MANY), (DCTERMS.rightsHolder, 1, 1), (DCTERMS.accrualPeriodicity, 1, 1), (DCAT.distribution, 1, MANY),
    ],
    IT.Distribution: [(DCAT.accessURL, 1, 1), (DCTERMS["format"], 1, 1), (DCTERMS.license, 1, 1)],
    IT.Agent: [(DCTERMS.identifier, 1, 1), (FOAF.name, 1, MANY)],
    IT.LicenseDocument: [(DCTERMS.type, 1, 1), (FOAF.name, 1, MANY)],
}
TARGETS = {
    DCTERMS.publisher: IT.Agent, DCTERMS.rightsHolder: IT.Agent, DCAT.dataset: IT.Dataset,
    DCAT.distribution: IT.Distribution, DCTERMS.license: IT.LicenseDocument,
}
# Recommended, as far as an administration need not say it.
RECOMMENDED = {
    IT.Catalog: [DCTERMS.language, FOAF.homepage, DCAT.themeTaxonomy, DCTERMS.issued],
    IT.Dataset: [DCTERMS.publisher, DCTERMS.issued, DCTERMS.language, DCTERMS.spatial, DCAT.landingPage, DCAT.keyword],
    IT.Distribution: [DCTERMS.title, DCTERMS.description, DCTERMS.modified, DCAT.mediaType],
    IT.LicenseDocument: [OWL.versionInfo],
    DCTERMS.Location: [IT.geographicalIdentifier],
}
EU = "http://publications.europa.eu/resource/authority/"
VOCABULARIES = {
    DCAT.theme: (EU + "data-theme/", "AGRI ECON EDUC ENER ENVI GOVE HEAL INTR JUST REGI SOCI TECH TRAN"),
    DCTERMS.accrualPeriodicity: (EU + "frequency/", "UPDATE_CONT CONT HOURLY DAILY"),
    DCTERMS["format"]: (EU + "file-type/", "CSV GEOJSON JSON PARQUET"),
    DCTERMS.language: (EU + "language/", "ITA ENG"),
    DCTERMS.license: ("https://w3id.org/italia/controlled-vocabulary/licences/", "A21_CCBY40 A11_CCO10"),
    DCAT.mediaType: (
        "https://www.iana.org/assignments/media-types/",
        "text/csv application/x-ndjson application/json application/geo+json application/vnd.apache.parquet",
    ),
}
LICENCE_TYPES = ("http://purl.org/adms/licencetype/", "Attribution PublicDomain")


def load(source):
    return Graph().parse(source, format=FORMATS[source.rsplit(".", 1)[1]])


def foreign(g, statements, base, terms):
    for subject, predicate, term in statements:
        if not isinstance(term, URIRef) or str(term) not in {base + t for t in terms.split()}:
            yield f"{subject} {predicate} {term} is not of {base}"


def problems(g):
    for kind, rules in RULES.items():
        for subject in g.subjects(RDF.type, kind):
            for predicate, least, most in rules:
                objects = list(g.objects(subject, predicate))
                if len(objects) < least or most is not MANY and len(objects) > most:
                    yield f"{subject} has {len(objects)} of {predicate}"
                if most is MANY and objects and isinstance(objects[0], Literal) and "it" not in {o.language for o in objects}:
                    yield f"{subject} has no {predicate} in Italian"
    for predicate, kind in TARGETS.items():
        for subject, _, target in g.triples((None, predicate, None)):
            if (target, RDF.type, kind) not in g and not (predicate == DCTERMS.publisher and (target, RDF.type, IT.Agent) in g):
                yield f"{subject} {predicate} leads to {target}, which is no {kind}"
    for kind, predicates in RECOMMENDED.items():
        for subject in g.subjects(RDF.type, kind):
            for predicate in predicates:
                if (subject, predicate, None) not in g:
                    yield f"{subject} has no {predicate}, which is recommended"
    for predicate, vocabulary in VOCABULARIES.items():
        yield from foreign(g, g.triples((None, predicate, None)), *vocabulary)
    for licence in g.subjects(RDF.type, IT.LicenseDocument):
        yield from foreign(g, g.triples((licence, DCTERMS.type, None)), *LICENCE_TYPES)
    for subject, _, when in g.triples((None, DCTERMS.modified, None)):
        if when.datatype not in (XSD.date, XSD.dateTime) or when.ill_typed:
            yield f"{subject} was modified {when!r}"
    if not list(g.subjects(RDF.type, IT.Catalog)):
        yield "there is no catalogue"
    for dataset in g.subjects(RDF.type, IT.Dataset):
        if not list(g.subjects(DCAT.dataset, dataset)):
            yield f"{dataset} is in no catalogue"


def main(sources):
    graphs = [load(s) for s in sources]
    found = list(problems(graphs[0]))
    for source, g in zip(sources[1:], graphs[1:]):
        if not isomorphic(graphs[0], g):
            found.append(f"{source} is another graph than {sources[0]}: {len(g)} and {len(graphs[0])} statements")
    print("\n".join(found) or f"well: {len(graphs[0])} statements, {len(list(graphs[0].subjects(RDF.type, IT.Dataset)))} data sets")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
